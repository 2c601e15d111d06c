import { add, inSession, list } from '../shop.js'

/** Each line is read when the one before has gone out. */
export const POST = inSession(async (request) => {
  await add((await request.json()).body)
  return new Response(ReadableStream.from(lines()))
})

async function* lines() {
  for (const body of await list()) {
    await list()
    yield new TextEncoder().encode(`${body}\n`)
  }
}
