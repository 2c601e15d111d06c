// Sends imports of a library to an older version of it, for the modules that were imported with `?older=…` and for what
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
  const older = new URLSearchParams(query).get('older')
  if (older === null) return next(specifier, context)
  for (const [name, instead] of Object.entries(JSON.parse(older))) {
    if (specifier !== name && !specifier.startsWith(`${name}/`)) continue
    port.postMessage(name)
    return next(instead + specifier.slice(name.length), { ...context, parentURL: VERSIONS })
  }
  const found = await next(specifier, context)
  return specifier.startsWith('.') ? { ...found, url: `${found.url}?${query}` } : found
}
