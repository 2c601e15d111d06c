// Sends imports of a library to another version of it, for the modules that were imported with `?other=…` and for what
// they import of this project.
const VERSIONS = new URL('../../versions/package.json', import.meta.url).href

const PACKAGES = new URL('node_modules/', VERSIONS).href
const OURS = import.meta.url

let port

export function initialize(data) {
  port = data.port
}

export async function resolve(specifier, context, next) {
  // An application has one `pg`: Prisma asks whether what it is given is a pool of its own.
  if (specifier === 'pg' && context.parentURL?.startsWith(PACKAGES))
    return next(specifier, { ...context, parentURL: OURS })
  const query = context.parentURL?.split('?')[1]
  const other = new URLSearchParams(query).get('other')
  if (other === null) return next(specifier, context)
  for (const [name, instead] of Object.entries(JSON.parse(other))) {
    if (specifier !== name && !specifier.startsWith(`${name}/`)) continue
    port.postMessage(name)
    const [wanted, broughtBy] = instead.split(' > ').reverse()
    const parentURL = broughtBy === undefined ? VERSIONS : new URL(`${broughtBy}/package.json`, PACKAGES).href
    return next(wanted + specifier.slice(name.length), { ...context, parentURL })
  }
  const found = await next(specifier, context)
  return specifier.startsWith('.') ? { ...found, url: `${found.url}?${query}` } : found
}
