export { ConfigError, type ConfigProblem } from './base/errors.js'
export { type FromMakara, fromMakara, type PoolOptionsFromMakara } from './makara/from-makara.js'
