/** Waits until every promise has ended, however it ends, and then fails as the first of them did. */
export async function together(promises: Iterable<Promise<unknown>>): Promise<void> {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason
}
