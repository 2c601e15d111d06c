export type { IoredisClient, NodeRedisClient, RedisClient } from './store/redis/clients.js'
export { type RedisStoreOptions, redisStore } from './store/redis/redis-store.js'
