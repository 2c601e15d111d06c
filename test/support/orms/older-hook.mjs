// Sends imports of one library to an older version of it, for the modules that were imported with `?library=…&alias=…` and
// for what they import of this project.
const VERSIONS = new URL('../../versions/package.json', import.meta.url).href

let port

export function initialize(data) {
  port = data.port
}

export async function resolve(specifier, context, next) {
  const query = context.parentURL?.split('?')[1]
  const asked = new URLSearchParams(query)
  const library = asked.get('library')
  if (library === null) return next(specifier, context)
  if (specifier === library || specifier.startsWith(`${library}/`)) {
    port.postMessage(asked.get('alias'))
    return next(asked.get('alias') + specifier.slice(library.length), { ...context, parentURL: VERSIONS })
  }
  const found = await next(specifier, context)
  return specifier.startsWith('.') ? { ...found, url: `${found.url}?${query}` } : found
}
