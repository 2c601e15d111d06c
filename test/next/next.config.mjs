export default {
  // One pool and one store of sessions for the process: neither is to be packed into each route.
  serverExternalPackages: ['sluice', 'pg'],
  turbopack: { root: import.meta.dirname },
}
