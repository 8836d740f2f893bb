import { Option, type Command } from 'commander'
import type { Grant, GrantPage, GrantState, Me } from '../../http/contract.js'
import type { Frame, Session } from './frame.js'
import { left } from './grant-text.js'
import { pagesOf, printCsv, since } from './pages.js'
import * as shape from './shape.js'
import { table, type Column } from './table.js'

interface Filters {
  readonly state?: readonly GrantState[]
  readonly mine?: true
  readonly subject?: string
  readonly role?: string
  readonly account?: string
  readonly outcome?: string
  readonly from?: string
  readonly to?: string
  readonly accessKey?: string
  /** False for those without one. */
  readonly ticket?: string | false
  readonly config?: string
  readonly costOver?: string
  readonly review?: string
  readonly resource?: string
  readonly access?: string
  readonly activeFrom?: string
  readonly activeTo?: string
  readonly text?: string
  readonly limit: string
  readonly all?: true
  readonly csv?: true
}

const states: readonly GrantState[] = [
  'pending',
  'active',
  'denied',
  'lapsed',
  'cancelled',
  'revoked',
  'ended',
]

export function addLists(program: Command, frame: Frame): void {
  const filtered = (command: Command): Command =>
    command
      .addOption(new Option('--state <states...>', 'in one of these states').choices(states))
      .option('--mine', 'only what I asked for, or a run of mine')
      .option('--subject <subject>', 'asked for by them, such as corp#ana@example.com')
      .option('--role <name>', 'of this role')
      .option('--account <id>', 'in this account')
      .addOption(
        new Option('--outcome <outcome>', 'by what the rules said').choices(['allow', 'approve', 'deny']),
      )
      .option(
        '--from <time>',
        'asked for at this time or later: 2026-11-22T10:00:00Z, or 2d for two days ago',
      )
      .option('--to <time>', 'asked for before this time')
      .option('--access-key <id>', 'under which this access key was issued, as CloudTrail shows it')
      .option('--ticket <id>', 'asked for with this ticket')
      .option('--no-ticket', 'asked for without a ticket')
      .option('--cost-over <usd>', 'that could cost more than this, or have no bound')
      .option('--config <hash>', 'decided under these rules, as `stint history --json` shows them')
      .option('--resource <arn>', 'that could do something to this, a pattern of ARNs perhaps')
      .addOption(
        new Option('--access <level>', 'with --resource: what could be done to it').choices([
          'read',
          'list',
          'write',
          'tag',
          'permissions',
        ]),
      )
      .option('--active-from <time>', 'whose window was open then or later')
      .option('--active-to <time>', 'whose window was open before then')
      .addOption(
        new Option('--review <state>', 'had with broken glass, and reviewed or not').choices([
          'open',
          'signed',
        ]),
      )
      .option('--text <words>', 'with all these words in the reason')
      .option('--limit <count>', 'at most so many, up to 1000', '50')
      .option('--all', 'every page of it')
      .option('--csv', 'as a table for spreadsheets')

  filtered(
    frame.command(program, 'list', 'what is open: active, or waiting for approval', {
      text: 'Of all that you may see: what you asked for, what you may vote on; auditors and operators see everything.',
      examples: ['stint list', 'stint list --mine', 'stint list --state pending --json | jq -r .grants[].id'],
    }),
  ).action(frame.act((session, filters: Filters) => list(session, filters, ['pending', 'active'])))

  filtered(
    frame.command(program, 'history', 'everything there was, newest first', {
      text: 'Of all that you may see, in every state. An auditor sees everybody.',
      examples: [
        'stint history --mine --from 7d',
        'stint history --resource arn:aws:s3:::payroll/* --access write --active-from 90d --all',
        'stint history --review open',
        'stint history --access-key ASIAIOSFODNN7EXAMPLE',
        'stint history --state denied --text payroll --csv --all >refused.csv',
      ],
    }),
  ).action(frame.act((session, filters: Filters) => list(session, filters, [])))
}

async function list(session: Session, filters: Filters, usual: readonly GrantState[]): Promise<void> {
  const { client, say, world } = session
  const broker = client()
  const { state = usual, mine, role, account, outcome, from, to, accessKey, text, limit, all } = filters
  const { ticket, config, costOver, resource, access, review } = filters
  const subject = mine ? shape.read<Me>((await broker.get('/v1/me')).body, shape.me).subject : filters.subject
  const query = {
    ...{ state, subject, role, account, outcome, text, limit },
    accessKeyId: accessKey,
    ...(ticket === false ? { ticketed: 'false' } : { ticket }),
    config,
    costOver,
    review,
    resource,
    access,
    from: since(from, world.clock()),
    to: since(to, world.clock()),
    activeFrom: since(filters.activeFrom, world.clock()),
    activeTo: since(filters.activeTo, world.clock()),
  }
  const options = { path: '/v1/grants', query, cursor: 'before', all: all === true }
  if (filters.csv) return printCsv(session, options)

  const pages: GrantPage[] = []
  for await (const body of pagesOf(session, options)) pages.push(shape.read<GrantPage>(body, shape.grantPage))
  const grants = pages.flatMap((page) => page.grants)
  const next = pages.at(-1)?.next
  if (say.json) return say.value({ grants, ...(next !== undefined && { next }) })
  if (grants.length === 0)
    return say.note(next === undefined ? 'There is nothing.' : 'There is nothing so far: --all looks on.')
  say.data(...table(grants, columns(world.clock()), world.stdout.isTTY ? world.stdout.columns : undefined))
  if (next !== undefined) say.note('There is more: --all has every page, --limit longer ones.', 'dim')
}

const columns = (now: number): readonly Column<Grant>[] => [
  { name: 'GRANT', of: ({ id }) => id },
  { name: 'STATE', of: ({ state }) => state },
  { name: 'ROLE', of: ({ role }) => role, yields: true },
  { name: 'ACCOUNT', of: ({ accountName, account }) => accountName ?? account, yields: true },
  { name: 'ASKER', of: ({ asker }) => asker.subject, yields: true },
  {
    name: 'LEFT',
    of: ({ state, endsAt, decideBy }) => leftOf(state === 'pending' ? decideBy : endsAt, state, now),
  },
  { name: 'ASKED', of: ({ createdAt }) => `${createdAt.slice(0, 16)}Z`, drops: true },
  { name: 'REASON', of: ({ reason }) => reason, yields: true },
]

const leftOf = (at: string | undefined, state: GrantState, now: number): string =>
  at !== undefined && ['active', 'pending'].includes(state) ? left(at, now) : ''
