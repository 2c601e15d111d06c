import type { Command } from 'commander'
import type { Which } from '../cluster/open-cluster.js'
import { clusterCommand } from '../cluster/options.js'
import { type ExitCode, json } from '../cluster/streams.js'
import { lookingAt } from '../cluster/with-cluster.js'

const HELP = `
Examples:
  export DATABASE_URL=$(sluice url)         for the application: all nodes, in any order
  psql "$(sluice url node-2)"               one node
  psql "$(sluice url node-2 --admin)"       the superuser, on one node of a local cluster

It has the password in it.`

interface Given extends Which {
  readonly json: boolean
  readonly admin: boolean
}

export function urlCommand(exit: (code: number) => void): Command {
  return clusterCommand('url', 'print the URL for the application', HELP)
    .argument('[node]', 'one node only')
    .option('--admin', 'for the superuser postgres', false)
    .action(async (node: string | undefined, given: Given) => exit(await runUrl(node, given)))
}

function runUrl(node: string | undefined, given: Given): Promise<ExitCode> {
  return lookingAt('url', given, async ({ cluster, streams }) => {
    const url = await cluster.urlFor({ node, isAdmin: given.admin })
    streams.out.write(given.json ? json({ url }) : `${url}\n`)
    return 0
  })
}
