import type { Command } from 'commander'
import type { Revocation, RevocationPage } from '../../http/contract.js'
import { close } from './closing.js'
import type { Frame, Session } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { table } from './table.js'
import { isId } from './which.js'

interface Targets {
  readonly subject?: string
  readonly role?: string
  readonly account?: string
  readonly all?: true
}
interface Flags extends Targets {
  readonly reason: string
}

const id = '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'

export function addRevoking(program: Command, frame: Frame): void {
  frame
    .command(program, 'revoke [grant]', 'stop a grant, or a person, a role, an account or everything', {
      text: `A grant is revoked by whoever may approve it, and by operators; the rest by operators alone, and stands until
it is lifted. A person's open grants and pending asks are closed; other grants can be collected again once it is lifted.`,
      examples: [
        `stint revoke ${id} --reason "the laptop was lost"`,
        'stint revoke --subject corp#ana@example.com --reason "left the company"',
        'stint revoke --role orders-debug --reason "a key was found in a log"',
      ],
    })
    .option('--subject <subject>', 'a person, and the runs that they stand behind')
    .option('--role <role>', 'a role of the catalogue')
    .option('--account <id>', 'an account')
    .option('--all', 'everything, as freeze does')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(
      frame.act((session, grant: string | undefined, flags: Flags) => {
        const targets = targetsOf(flags)
        const [target] = targets
        if (targets.length + (grant === undefined ? 0 : 1) !== 1)
          throw new Stop(
            'invalid_request',
            'Say what to revoke: a grant, or one of --subject, --role, --account, --all.',
          )
        return target
          ? place(session, target, flags.reason)
          : close(session, 'revoke', grant, ['active', 'pending'], flags)
      }),
    )

  frame
    .command(program, 'freeze', 'stop everything, until it is lifted; for operators', {
      text: 'Nothing is granted or issued to anybody. Where roles allow it, AWS denies what is out as well.',
      examples: ['stint freeze --reason "the identity provider was broken into"'],
    })
    .requiredOption('--reason <text>', 'why, for the record')
    .action(frame.act((session, { reason }: Flags) => place(session, { of: 'all' }, reason)))

  frame
    .command(program, 'lift <revocation>', 'let what was revoked be granted again; for operators', {
      examples: [`stint lift ${id} --reason "the laptop was found"`],
    })
    .requiredOption('--reason <text>', 'why, for the record')
    .action(frame.act(lift))

  frame
    .command(program, 'revocations', 'what was revoked, newest first; for operators and auditors', {
      examples: ['stint revocations', "stint revocations --json | jq '.[] | select(.lifted == null)'"],
    })
    .option('--standing', 'only what has not been lifted')
    .action(frame.act(list))
}

interface Target {
  readonly of: Revocation['of']
  readonly name?: string
}

const targetsOf = ({ subject, role, account, all }: Targets): readonly Target[] => [
  ...(subject === undefined ? [] : [{ of: 'subject' as const, name: subject }]),
  ...(role === undefined ? [] : [{ of: 'role' as const, name: role }]),
  ...(account === undefined ? [] : [{ of: 'account' as const, name: account }]),
  ...(all ? [{ of: 'all' as const }] : []),
]

async function place({ client, say }: Session, target: Target, reason: string): Promise<void> {
  const placing = client().post('/v1/revocations', { ...target, reason })
  const revoked = shape.read<Revocation>((await say.during('Telling the broker', placing)).body, revocation)
  if (say.json) return say.value(revoked)
  say.data(`Nothing is granted${reach(revoked)} any more: revocation ${revoked.id}.`)
  const closed = revoked.closed ?? []
  if (closed.length > 0) say.data(`Closed: ${closed.join(', ')}.`)
  for (const { arn, aws, detail } of revoked.roles ?? [])
    say.note(`${arn}: ${detail}`, aws === 'written' ? 'green' : 'yellow')
  say.note(`stint lift ${revoked.id} --reason … lifts it.`, 'dim')
}

async function lift({ client, say }: Session, said: string, { reason }: Flags): Promise<void> {
  if (!isId(said))
    throw new Stop('invalid_request', `${said} is no revocation's id. stint revocations has them.`)
  const lifting = client().post(`/v1/revocations/${said.toUpperCase()}/lift`, { reason })
  const lifted = shape.read<Revocation>((await say.during('Telling the broker', lifting)).body, revocation)
  if (say.json) return say.value(lifted)
  say.data(`Lifted: what the rules allow is granted${reach(lifted)} again.`)
}

async function list({ client, say, world }: Session, { standing }: { standing?: true }): Promise<void> {
  const found: Revocation[] = []
  for (let before: string | undefined; ;) {
    const asking = client().get('/v1/revocations', { query: { limit: 1_000, before } })
    const read = shape.read<RevocationPage>((await say.during('Asking the broker', asking)).body, page)
    found.push(...read.revocations.filter(({ lifted }) => !standing || !lifted))
    before = read.next
    if (before === undefined) break
  }
  if (say.json) return say.value(found)
  if (found.length === 0) return say.note(standing ? 'Nothing is revoked.' : 'Nothing was ever revoked.')
  const columns = [
    { name: 'ID', of: (one: Revocation) => one.id },
    { name: 'WHAT', of: named },
    { name: 'SINCE', of: (one: Revocation) => one.at },
    { name: 'BY', of: (one: Revocation) => one.by, yields: true as const },
    { name: 'LIFTED', of: (one: Revocation) => one.lifted?.at ?? 'stands' },
    { name: 'REASON', of: (one: Revocation) => one.reason, yields: true as const },
  ]
  say.data(...table(found, columns, world.stdout.isTTY ? world.stdout.columns : undefined))
}

const named = ({ of, name = '' }: Revocation): string =>
  of === 'all' ? 'everything' : of === 'subject' ? name : `${of} ${name}`

/** What it is on, as it goes on after "granted". */
const reach = ({ of, name = '' }: Revocation): string =>
  ({ subject: ` to ${name}`, role: ` of the role ${name}`, account: ` in account ${name}`, all: '' })[of]

const revocation: shape.Shape = {
  id: shape.ulid,
  of: shape.text,
  name: shape.maybe(shape.text),
  reason: shape.text,
  by: shape.text,
  at: shape.time,
  lifted: shape.maybe({ by: shape.text, at: shape.time, reason: shape.text }),
  closed: shape.maybe([shape.ulid]),
  roles: shape.maybe([{ arn: shape.text, aws: shape.text, detail: shape.text }]),
}
const page: shape.Shape = { revocations: [revocation], next: shape.maybe(shape.ulid) }
