// What an example in a document may use without saying where it comes from.
declare const pool: import('../../src/pg.js').Pool
declare const cluster: import('../../src/testing.js').TestCluster
/** The part of Next.js that an example imports: Next.js itself is not among the development dependencies. */
declare module 'next/headers' {
  export function cookies(): Promise<import('../../src/next.js').NextCookies>
  export function headers(): Promise<Headers>
}
