import type { Command } from 'commander'
import type { Decision } from '../../http/contract.js'
import { readAsk, type AskFlags } from './ask-flags.js'
import type { Client } from './client.js'
import type { Frame, Session } from './frame.js'
import { isFresh, keptPath, processJson, readKept, type Kept } from './kept.js'
import { withLock } from './lock.js'
import { ask, collect, keyFor, openGrant, type Obtained } from './obtain.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { quoted } from './text.js'

type Flags = Pick<AskFlags, 'account' | 'reason' | 'ticket'>

export function addCredentialProcess(program: Command, frame: Frame): void {
  frame
    .command(program, 'credential-process <role>', 'credentials as the AWS CLI and the SDKs fetch them', {
      text: `For \`credential_process\` in ~/.aws/config (stint config profile writes it). Never prompts, never signs in and never
disturbs anybody: it uses the grant that is open, and asks by itself only where that is allowed at once. Credentials
are kept until a quarter of their life is left, so that not every call of AWS becomes one of the broker.`,
      examples: [
        'stint credential-process orders-debug',
        'stint credential-process orders-debug --account 123456789012',
      ],
    })
    .option('--account <id>', 'which account, where the role is in several')
    .option('--reason <text>', 'why, where nothing is open and it asks by itself')
    .option('--ticket <id>', 'the ticket, for the same')
    .action(
      frame.act(async (session, role: string, flags: Flags) => {
        const { world, say } = session
        const key = keyFor(session, role, flags.account)
        const fresh = () => {
          const kept = readKept(world, key)
          return kept && isFresh(kept, world.clock()) ? kept : undefined
        }
        const kept =
          fresh() ??
          (await withLock(keptPath(world, key), world, async () => fresh() ?? get(session, role, flags, key)))
        say.raw(processJson(kept))
      }),
    )
}

async function get(session: Session, role: string, flags: Flags, key: string): Promise<Kept> {
  const client = session.client()
  const open = await openGrant(client, role, flags.account)
  if (open?.state === 'pending')
    throw new Stop('pending', `${open.id} waits for somebody to agree: stint wait ${open.id}`)
  return collect(
    session,
    client,
    open ? { grant: open } : await askQuietly(session, client, role, flags),
    key,
  )
}

/** Asks only what a dry run says is allowed at once. */
async function askQuietly(session: Session, client: Client, role: string, flags: Flags): Promise<Obtained> {
  const body = await readAsk(role, flags)
  const { outcome, checks } = shape.read<Decision>(
    (await client.post('/v1/decisions', body)).body,
    shape.decision,
  )
  if (outcome === 'approve')
    throw new Stop('pending', `Somebody must agree to ${role} first. Ask for it: stint ask ${quoted(role)}`)
  if (outcome === 'deny') {
    const failed = checks.find(({ ok }) => !ok)
    throw new Stop(
      'denied',
      [failed?.detail, failed?.remedy ?? `Ask for it: stint ask ${quoted(role)}`].join(' '),
    )
  }
  return ask(session, client, body)
}
