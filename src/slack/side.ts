import type { Config } from '../config/load.js'
import type { SlackWiring } from '../config/slack.js'
import type { Broker } from '../grant/broker.js'
import { createMemory } from '../grant/remember.js'
import type { Fetch } from '../identity/fetch-json.js'
import type { Caller } from '../identity/caller.js'
import type { Duration } from '../time.js'
import { createCounter } from './face.js'
import { groupMembers } from './members.js'
import { createOnCall } from './on-call.js'
import { slackApi } from './only-slack.js'
import { createOutgoing } from './outgoing.js'
import type { Receiving } from './receiving.js'
import { userOf } from './user-of.js'

interface SideOptions {
  readonly broker: Broker
  readonly wiring: SlackWiring | undefined
  /** The rules of now: a reload changes who is who, and which schedules there are. */
  readonly rules: () => Pick<Config, 'clicks' | 'onCall'>
  readonly fetch: Fetch
  readonly sleep: (ms: Duration) => Promise<void>
  readonly random: (bytes: number) => Uint8Array
  readonly readText: (path: string) => Promise<string>
  readonly track: <T>(work: Promise<T>) => Promise<T>
  readonly failed: (error: unknown, what: string) => void
}

/** What comes from Slack, and what Slack needs to know of whoever comes by HTTP. */
export interface SlackSide {
  /** Looks up whether they are on call, and keeps what their token says. Never rejects. */
  readonly recognise: (caller: Caller) => Promise<Caller>
  /** One round of telling Slack what is due. */
  readonly tellDue: () => Promise<void>
  /** Absent where nothing is taken from Slack. */
  readonly receiving?: Receiving
}

/** Puts it together. Bolt, half a second of loading, is loaded only where something comes from Slack. */
export async function createSlackSide(options: SideOptions): Promise<SlackSide> {
  const { broker, wiring, rules, fetch, sleep, random, readText, track, failed } = options
  const { store, clock } = broker
  const { botToken, signingSecret, appToken, apiUrl = slackApi } = wiring ?? {}

  /** Whom the claim names, if that is how people are known. */
  function claimed({ claims }: Caller): string | undefined {
    const { claim } = rules().clicks
    const value = claim === undefined ? undefined : claims[claim]
    return typeof value === 'string' ? value : undefined
  }
  const onCall = createOnCall({
    schedules: () => rules().onCall,
    readText,
    members:
      botToken === undefined
        ? () => Promise.reject(new Error('There is no bot token.'))
        : groupMembers(fetch, apiUrl, botToken),
    userOf: async (caller) =>
      caller.via?.user.split('/')[1] ?? userOf(store, caller.subject, async () => claimed(caller)),
    clock,
    failed,
  })
  const withDuties = async (caller: Caller): Promise<Caller> =>
    rules().onCall.size === 0 ? caller : { ...caller, onCall: await onCall(caller) }
  const remember = createMemory({ store }, claimed, (error) => failed(error, 'a token was not remembered'))

  async function recognise(caller: Caller): Promise<Caller> {
    // Not waited for: what is refused for want of it is a later click.
    if (wiring) void track(remember(caller))
    return withDuties(caller)
  }
  const chance = () => (random(1)[0] ?? 0) / 256
  const emails = () => rules().clicks.emails
  const tellDue = await createOutgoing({ broker, wiring, fetch, emails, chance, failed })
  if (botToken === undefined || (signingSecret ?? appToken) === undefined) return { recognise, tellDue }

  const { createReceiving } = await import('./receiving.js')
  const people = () => rules().clicks
  const tooOften = createCounter(clock)
  const receiving = createReceiving({
    botToken,
    apiUrl,
    ...(signingSecret !== undefined && { signingSecret }),
    ...(appToken !== undefined && { appToken }),
    fetch,
    sleep,
    clock,
    face: { broker, people, withDuties, track, random, tooOften, failed },
  })
  return { recognise, tellDue, receiving }
}
