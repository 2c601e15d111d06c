import { inSession } from '../shop.js'

export const dynamic = 'force-dynamic'

export const GET = inSession(async (_request) => new Response('plain'))
