import type { Command } from 'commander'
import type { Decision, Role, RoleList } from '../../http/contract.js'
import type { Client } from './client.js'
import type { Frame } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { table, type Column } from './table.js'

const { text, number, maybe } = shape
const list: shape.Shape = {
  roles: [
    {
      name: text,
      description: maybe(text),
      from: [text],
      accounts: [{ id: text, name: text, regions: [text], approval: [text] }],
      limits: { window: { default: text, max: text }, lifetime: text },
      ticket: maybe(text),
      reason: { min: number, max: number },
    },
  ],
}

interface Row {
  readonly role: Role
  readonly account: Role['accounts'][number]
  readonly cost: string | undefined
}

export function addRoles(program: Command, frame: Frame): void {
  frame
    .command(program, 'roles', 'what you may ask for, for how long, and whether somebody must agree', {
      text: '--cost asks for the decision of each, which says what the whole role could cost for its usual window.',
      examples: ['stint roles', 'stint roles --cost', 'stint roles --json | jq -r .roles[].name'],
    })
    .option('--cost', 'and what each could cost at most')
    .action(
      frame.act(async ({ client, say, world }, { cost }: { cost?: true }) => {
        const broker = client()
        const { body } = await say.during('Asking the broker', broker.get('/v1/roles'))
        const { roles } = shape.read<RoleList>(body, list)
        const rows: Row[] = []
        for (const role of roles)
          for (const account of role.accounts)
            rows.push({
              role,
              account,
              cost: cost && (await say.during(`Pricing ${role.name}`, price(broker, role, account.id))),
            })
        if (say.json)
          return say.value({
            roles: roles.map((role) => ({
              ...role,
              accounts: rows
                .filter((row) => row.role === role)
                .map((row) => ({ ...row.account, ...(cost && { cost: row.cost }) })),
            })),
          })
        if (roles.length === 0)
          return say.note('There is no role that you may ask for. stint whoami says who you are.')
        const shown = cost ? columns : columns.filter(({ name }) => name !== 'COST')
        say.data(...table(rows, shown, world.stdout.isTTY ? world.stdout.columns : undefined))
      }),
    )
}

/** What the whole role could cost for its usual window: the sentence of a decision that asks for nothing. */
async function price(broker: Client, role: Role, account: string): Promise<string | undefined> {
  const reason = 'What could this cost? '
    .repeat(Math.ceil(role.reason.min / 22))
    .padEnd(role.reason.min, '.')
    .trim()
  try {
    const { body } = await broker.post('/v1/decisions', { role: role.name, account, reason })
    return shape.read<Decision>(body, shape.decision).cost?.detail
  } catch (error) {
    if (error instanceof Stop && error.problem) return undefined
    throw error
  }
}

const columns: readonly Column<Row>[] = [
  { name: 'ROLE', of: ({ role }) => role.name },
  { name: 'ACCOUNT', of: ({ account }) => `${account.id} (${account.name})` },
  { name: 'WINDOW', of: ({ role }) => `${role.limits.window.default}, at most ${role.limits.window.max}` },
  { name: 'APPROVAL', of: ({ account }) => account.approval.join(', ') || 'none' },
  { name: 'TICKET', of: ({ role }) => role.ticket },
  { name: 'FROM', of: ({ role }) => role.from.join(', ') },
  { name: 'COST', of: ({ cost }) => cost },
  { name: 'WHAT FOR', of: ({ role }) => role.description, yields: true },
]
