// SLUICE_SUITE_POOL: `original` is pg-pool itself, `single` ours over one server, `cluster` ours with two replicas.
const kind = process.env.SLUICE_SUITE_POOL

if (kind === 'original') {
  module.exports = require('pg').Pool
} else {
  const { Pool } = require('../../src/pg.ts')
  module.exports = kind === 'single' ? Pool : clustered(Pool)
}

function clustered(Pool) {
  return class ClusteredPool extends Pool {
    constructor(options = {}) {
      const { host, port, connectionString, ...shared } = options
      const isElsewhere = host !== undefined || port !== undefined || connectionString !== undefined
      const urls = process.env.SLUICE_SUITE_REPLICAS.split(' ')
      super(isElsewhere ? options : { ...shared, primary: { name: 'primary' }, replicas: urls.map((url) => ({ url })) })
    }
  }
}
