const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
  return rest
})

/** The checksum that PostgreSQL puts under its own files, of every beginning of `bytes`: the n-th is of n bytes. */
export function* runningCrc32c(bytes: Uint8Array): Generator<number> {
  let crc = 0xffff_ffff
  yield 0
  for (const byte of bytes) {
    crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
    yield (crc ^ 0xffff_ffff) >>> 0
  }
}
