/** What each page, and each segment, of the write-ahead log begins with, and the size of a page. Bytes. */
const PAGE = 8192n
const PAGE_HEADER = 24n
const SEGMENT_HEADER = 40n

/**
 * The position that a standby reaches once it has replayed everything up to `position`.
 *
 * Where the last record ends exactly with a page, the primary already counts the next page's header, which no standby
 * replays until there is a record behind it.
 *
 * @param position as PostgreSQL writes it: `0/70CC018`.
 */
export function positionToReplay(position: string): string {
  const [high, low] = position.split('/') as [string, string]
  const at = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
  const into = at % PAGE
  const end = into === PAGE_HEADER || into === SEGMENT_HEADER ? at - into : at
  return `${(end >> 32n).toString(16).toUpperCase()}/${(end & 0xffff_ffffn).toString(16).toUpperCase()}`
}
