import { redirect } from 'next/navigation'
import { add, inSession } from '../shop.js'

/** Leaves by what Next.js throws. */
export const POST = inSession(async (request) => {
  await add((await request.json()).body)
  redirect('/notes')
})
