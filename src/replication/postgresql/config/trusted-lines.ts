/** Lines of a `pg_hba.conf` that let in whoever comes over a network without a password. Loopback is no network. */
export function trustedLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => {
      const [type = '', , , address = '', ...rest] = line.split(/\s+/)
      const method = /^[\d.]+$/.test(address) && /^[\d.]+$/.test(rest[0] ?? '') ? rest[1] : rest[0]
      return /^host/.test(type) && method === 'trust' && !isLoopback(address)
    })
    .map((line) => line.split(/\s+/).join(' '))
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1(\/128)?$|^localhost$/.test(address)
}
