import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The part of a log file behind `from`, a number of bytes. Empty while there is no file. */
export function textFrom(file: string, from: number): string {
  return withFile(file, '', (fd) => {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - from))
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from))
  })
}

/** Bytes. 0 while there is no file. */
export function sizeOf(file: string): number {
  return withFile(file, 0, (fd) => fstatSync(fd).size)
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

function withFile<T>(file: string, otherwise: T, read: (fd: number) => T): T {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return otherwise
    throw error
  }
  try {
    return read(fd)
  } finally {
    closeSync(fd)
  }
}
