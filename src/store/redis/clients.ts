import { createHash } from 'node:crypto'
import { kindOf, refuse } from '../../cluster/session-checks.js'

/** What a client of `redis` (node-redis) must be able to do. */
export interface NodeRedisClient {
  evalSha(sha: string, options: ScriptArguments): Promise<unknown>
  eval(script: string, options: ScriptArguments): Promise<unknown>
}

export interface ScriptArguments {
  keys: string[]
  arguments: string[]
}

/** What a client of `ioredis` must be able to do. */
export interface IoredisClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
}

export type RedisClient = NodeRedisClient | IoredisClient

/** Runs one script on one key. */
export type RunScript = (key: string, args: readonly string[]) => Promise<unknown>

/**
 * Sends the script's digest, and the script itself where the server does not know it: the first time, and after it was
 * started anew.
 *
 * @throws {ConfigError} neither kind of client.
 */
export function scriptRunner(client: RedisClient, script: string): RunScript {
  const sha = createHash('sha1').update(script).digest('hex')
  const { byDigest, byText } = waysOf(client, sha, script)
  return async (key, args) => {
    try {
      return await byDigest(key, args)
    } catch (error) {
      // The server's error code, the only one it has: the first word of its message.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return byText(key, args)
    }
  }
}

function waysOf(client: RedisClient, sha: string, script: string): { byDigest: RunScript; byText: RunScript } {
  if (isNodeRedis(client)) {
    return {
      byDigest: (key, args) => client.evalSha(sha, { keys: [key], arguments: [...args] }),
      byText: (key, args) => client.eval(script, { keys: [key], arguments: [...args] }),
    }
  }
  if (isIoredis(client)) {
    return {
      byDigest: (key, args) => client.evalsha(sha, 1, key, ...args),
      byText: (key, args) => client.eval(script, 1, key, ...args),
    }
  }
  return refuse('client', 'must be a client of redis or of ioredis', kindOf(client))
}

function isNodeRedis(client: unknown): client is NodeRedisClient {
  return typeof (client as Partial<NodeRedisClient> | null | undefined)?.evalSha === 'function'
}

function isIoredis(client: unknown): client is IoredisClient {
  return typeof (client as Partial<IoredisClient> | null | undefined)?.evalsha === 'function'
}
