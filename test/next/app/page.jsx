import { redirect } from 'next/navigation'
import { add, inSession, listOnPage } from './shop.js'

export const dynamic = 'force-dynamic'

/** Without JavaScript the form is posted as it is, and Next.js renders this page again in the same answer. */
export default async function Page() {
  const notes = await listOnPage()
  return (
    <main>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <form action={stay}>
        <input name="body" />
        <input name="then" />
      </form>
    </main>
  )
}

async function stay(form) {
  'use server'
  const action = inSession(async () => {
    await add(form.get('body'))
    if (form.get('then') === 'leave') redirect('/notes')
  })
  await action()
}
