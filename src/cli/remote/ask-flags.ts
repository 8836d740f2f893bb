import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Ask } from '../../http/contract.js'
import { parseDuration } from '../../time.js'
import { Stop } from './stop.js'

/** What an ask may say beside the role. */
export interface AskFlags {
  readonly account?: string
  readonly for?: string
  readonly reason?: string
  readonly ticket?: string
  readonly action?: readonly string[]
  readonly resource?: readonly string[]
  readonly region?: readonly string[]
  readonly policy?: string
  readonly breakGlass?: true
}

const collect = (value: string, before: readonly string[] = []) => [...before, value]

/** Adds the flags of an ask. Those that narrow may be given several times. */
export const addAskFlags = (command: Command): Command =>
  command
    .option('--account <id>', 'which account, where the role is in several')
    .option('--for <duration>', 'how long the work may go on, such as 1h30m')
    .option('--reason <text>', 'why; whoever must agree reads it')
    .option('--ticket <id>', 'the ticket that the work belongs to')
    .option('--action <action>', 'only this action; may be repeated', collect)
    .option('--resource <arn>', 'only on this resource; may be repeated', collect)
    .option('--region <name>', 'only in this region; may be repeated', collect)
    .option('--policy <file>', 'only what this policy of one statement (JSON) allows')
    .option('--break-glass', 'in an emergency: without those who must agree; said aloud, and reviewed')

/**
 * Whether it must be another grant than the one that is open: another scope or window is wanted. A reason and a ticket are
 * for whoever must agree, where somebody must; they make no new ask of what is granted already.
 */
export const wantsOther = (flags: AskFlags): boolean =>
  (['for', 'action', 'resource', 'region', 'policy'] as const).some((name) => flags[name] !== undefined)

type Narrowed = Pick<AskFlags, 'action' | 'resource'>

/** The ask as the broker takes it. Rejects with a `Stop` for what cannot be meant; the broker judges the rest. */
export async function readAsk(role: string, flags: AskFlags): Promise<Ask> {
  if (flags.for !== undefined && parseDuration(flags.for) === undefined)
    throw new Stop('invalid_request', '--for must be a duration such as 15m or 1h30m.')
  if (flags.policy !== undefined && (flags.action ?? flags.resource))
    throw new Stop('invalid_request', 'Give either --policy, or --action and --resource.')
  const { action, resource } = flags.policy === undefined ? flags : await readPolicy(flags.policy)
  const { account, reason, ticket, region, breakGlass } = flags
  const asked = {
    role,
    account,
    reason,
    ticket,
    window: flags.for,
    actions: action,
    resources: resource,
    regions: region,
    breakGlass,
  }
  const said = Object.entries(asked).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as unknown as Ask
}

/** What an ask can say of a policy: which actions on which resources. More would be dropped, and so is refused. */
async function readPolicy(path: string): Promise<Narrowed> {
  const wrong = (why: string) => new Stop('invalid_request', `${path} cannot be asked for: ${why}.`)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code ?? error.message)
  })
  let policy: { readonly Statement?: unknown }
  try {
    policy = JSON.parse(text) as typeof policy
  } catch {
    throw wrong('it is no JSON')
  }
  const [statement, ...others] = [policy?.Statement].flat() as (Record<string, unknown> | undefined)[]
  if (!statement || others.length > 0) throw wrong('an ask holds one statement; ask apart for each')
  const { Sid: _sid, Effect, Action, Resource, ...more } = statement
  if (Effect !== 'Allow' || Object.keys(more).length > 0)
    throw wrong('an ask holds an Allow with Action and Resource, and nothing else')
  const list = (value: unknown, name: string): string[] => {
    const items: unknown[] = [value].flat()
    if (items.every((item) => typeof item === 'string') && items.length > 0) return items
    throw wrong(`${name} must be a text or a list of texts`)
  }
  return { action: list(Action, 'Action'), resource: list(Resource, 'Resource') }
}
