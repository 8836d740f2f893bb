import { setTimeout as sleep } from 'node:timers/promises'
import { act, type Answered, type Desk } from './acts.js'
import type { Random } from './random.js'
import type { Told } from './told.js'

/** Askers, voters, collectors and revokers, all at once, until they are stopped. */
export interface Load {
  /** Everything that somebody was told, in the order in which the answers came. */
  readonly told: readonly Told[]
  /** How often each status was answered; 0 stands for no answer at all. */
  readonly statuses: ReadonlyMap<number, number>
  /** Everything in an answer that no answer may be: one sentence each. */
  readonly wrong: readonly string[]
  /** Resolves once everybody has their last answer, or has given up. */
  stop(): Promise<void>
}

/** Where the brokers are now, and whose token says what. */
export interface Front {
  /** Base URLs of those that should be serving. */
  readonly urls: () => readonly string[]
  token(name: string, groups: readonly string[]): string
}

const crowd = 6

/** The most that anybody thinks between two turns, in milliseconds: what is wanted is overlap, and not heat. */
const thought = 40

/** Longer than Stint takes for anything but a long poll: whoever has no answer by then was forgotten. */
const patience = 30_000

/** Milliseconds before somebody turns again to a broker that could not do it, or was not there at all. */
const pause = { refused: 50, silent: 250 }

/** Statuses that the contract has for what is asked here. */
const expected = new Set([0, 200, 201, 202, 401, 403, 404, 409, 429, 502, 503])

export function startLoad(front: Front, random: Random): Load {
  const told: Told[] = []
  const wrong: string[] = []
  const statuses = new Map<number, number>()
  let running = true

  async function send(
    worker: Random,
    method: string,
    path: string,
    as: string,
    more: object,
  ): Promise<Answered> {
    const url = worker.pick(front.urls())
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        signal: AbortSignal.timeout(patience),
        headers: {
          authorization: `Bearer ${as}`,
          ...(more as { headers?: object }).headers,
          ...('body' in more && { 'content-type': 'application/json' }),
        },
        ...('body' in more && { body: JSON.stringify(more.body) }),
      })
      const body = (await response.json()) as Answered['body']
      return { status: response.status, request: response.headers.get('request-id') ?? '', body }
    } catch (error) {
      // A time-out is no broken connection: the broker has left somebody without an answer.
      if (error instanceof Error && error.name === 'TimeoutError')
        wrong.push(`${method} ${path}: no answer in ${patience / 1_000} s`)
      return { status: 0, request: '', body: {} }
    }
  }

  async function work(number: number): Promise<void> {
    const mine = random.branch(`worker ${number}`)
    const desk: Desk = {
      random: mine,
      name: String(number),
      token: front.token,
      async call(method, path, as, more = {}) {
        const answered = await send(mine, method, path, as, more)
        statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1)
        if (!expected.has(answered.status))
          wrong.push(
            `${method} ${path} was answered with ${answered.status} ${JSON.stringify(answered.body)}`,
          )
        if (answered.status === 0) await sleep(pause.silent)
        else if (answered.status >= 429) await sleep(pause.refused)
        return answered
      },
      hear: (one) => void told.push(one),
      running: () => running,
    }
    for (let turn = 0; running; turn++) {
      await act(desk, turn)
      await sleep(mine.between(0, thought))
    }
  }

  const working = Promise.all(Array.from({ length: crowd }, (_, number) => work(number)))
  return {
    told,
    statuses,
    wrong,
    async stop() {
      running = false
      await working
    },
  }
}
