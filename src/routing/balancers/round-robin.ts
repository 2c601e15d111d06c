import type { Balancer } from '../../model/balancer.js'
import type { NodeView } from '../../model/view.js'
import { perCandidates } from './per-candidates.js'

/** What a node has earned, and what it earns at each pick. */
interface Account {
  credit: number
  readonly weight: number
}

/**
 * Each in turn, in proportion to the weights, and smoothly: 5, 1, 1 gives A A B A C A A rather than five A in a row.
 *
 * Every node gains its weight at each pick; the richest is picked and pays the total. A node of weight 0 is picked only
 * when all have weight 0: then each counts as 1. Nodes may come and go: what a node had earned waits for it, and is
 * never more than the total of the weights, so that nobody is flooded on return. nginx balances its upstreams so.
 */
export function roundRobin(): Balancer {
  const accounts = new Map<string, Account>()
  const accountsOf = perCandidates((candidates) => {
    const isAllZero = candidates.every((node) => node.weight === 0)
    return candidates.map((node) => accountOf(accounts, node, isAllZero ? 1 : node.weight))
  })
  return {
    name: 'round-robin',
    pick: (candidates) => pickRichest(accountsOf(candidates)),
  }
}

/** One for each name and weight, which a node keeps through all views. */
function accountOf(accounts: Map<string, Account>, node: NodeView, weight: number): Account {
  const key = `${weight} ${node.name}`
  const account = accounts.get(key) ?? { credit: 0, weight }
  accounts.set(key, account)
  return account
}

function pickRichest(accounts: readonly Account[]): number {
  let best = -1
  let total = 0
  for (let i = 0; i < accounts.length; i++) {
    const account = accounts[i] as Account
    if (account.weight === 0) continue
    account.credit += account.weight
    total += account.weight
    if (best < 0 || account.credit > (accounts[best] as Account).credit) best = i
  }
  ;(accounts[best] as Account).credit -= total
  return best
}
