import { add, inSession, list } from '../shop.js'

export const dynamic = 'force-dynamic'

export const GET = inSession(async (_request) => Response.json(await list()))

export const POST = inSession(async (request) => {
  await add((await request.json()).body)
  return new Response(null, { status: 303, headers: { location: '/notes' } })
})
