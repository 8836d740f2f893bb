import type { App } from '@slack/bolt'
import { offerLink, unlink } from '../grant/slack-link.js'
import { isPrintable } from '../identity/printable.js'
import { iso } from '../time.js'
import { guarded, whisper, type Done, type SlackFace } from './face.js'
import { openMine } from './mine.js'
import { otherWorkspace, slackId, type SignedUser } from './who.js'

/** `/stint`: what somebody may ask for and has; `/stint link` and `/stint unlink`: who they are. */
export function handleCommand(bolt: App, face: SlackFace): void {
  bolt.command('/stint', async ({ ack, command, client, respond }) => {
    await ack()
    const signed = { team: command.team_id, user: command.user_id }
    const word = command.text.trim().toLowerCase()
    if (word === '') return openMine(face, signed, client, command.trigger_id, respond)
    const done = await words[word]?.(face, signed, command.user_name)
    return whisper(face, respond, !done ? usage : done.ok ? done.value : done.text)
  })
}

const usage = [
  '`/stint` shows what you may ask for and what you have.',
  '`/stint link` makes your clicks here count as yours; `/stint unlink` ends that.',
  'Asking itself is for the command line: `stint ask`. No credential ever passes through Slack.',
].join('\n')

type Answer = (face: SlackFace, signed: SignedUser, handle: string) => Promise<Done<string>>

const always = () => true

const words: Readonly<Partial<Record<string, Answer>>> = {
  link: (face, signed, handle) =>
    guarded(face, { signed, operation: 'slack.link' }, always, async () => {
      if (!face.people().workspaces.includes(signed.team)) throw otherWorkspace()
      const code = codeOf(face.random(10))
      const name = isPrintable(handle, 80) ? handle : signed.user
      const until = await offerLink(face.broker, slackId(signed), name, code)
      const when = `<!date^${Math.floor(until / 1_000)}^{time}|${iso(until)}>`
      return `Run this where you sign in to Stint, once, before ${when}:\n\`stint slack link ${code}\`\nShow it to nobody, and run none that somebody else shows you.`
    }),
  unlink: (face, signed) =>
    guarded(face, { signed, operation: 'slack.unlink' }, always, async () => {
      const { broker } = face
      const id = slackId(signed)
      // Whoever it is to, and whatever Stint knows of them: ending it takes no token.
      const subject = (await broker.store.slackUser({ id }))?.subject ?? ''
      const now = broker.clock()
      const caller = {
        ...nobody,
        subject,
        via: { road: 'slack', user: id },
        issuedAt: now,
        expiresAt: now,
      } as const
      await unlink(broker, { caller, request: broker.newId(now) })
      return 'Unlinked: your clicks here count for nobody now.'
    }),
}

const nobody = { issuer: '', kind: 'person', groups: [], claims: {}, address: '' } as const

/** 80 random bits as 16 characters that are not taken for one another (Crockford's base 32). */
function codeOf(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const text = (bits.match(/.{5}/g) ?? [])
    .map((five) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[parseInt(five, 2)])
    .join('')
  return (text.match(/.{4}/g) ?? []).join('-')
}
