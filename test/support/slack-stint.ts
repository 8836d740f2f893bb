import type { Surroundings } from '../../src/app.js'
import { mustHoldNoSecret } from './canary.js'
import { startSlack, type Slack, type SlackJson, type SlackOptions } from './slack.js'
import { asForm, buttonClick, commandForm, post, signingSecret, submission, until } from './slack-clicks.js'
import { startStint, usualRules, type Person, type Stint, type StintOptions } from './stint.js'

/** Votes may come from anywhere, so from Slack; two more roles show what refuses Slack. */
export const slackRules = `${usualRules.replace(
  'cost:',
  `  - { name: step-up, when: 'ask.reason.contains("step-up")', slack: false, votes: 1, by: { groups: [leads] } }
  - { name: named, when: 'ask.reason.contains("named")', votes: 1, by: { subjects: [corp#dan] } }
cost:`,
)}
voters: { from: any }
slack: { channel: C0APPROVALS, workspaces: [T0ACME] }
`

/** The user in Slack of each person, where they have one. */
export const userOf = (person: string): string => `U0${person.toUpperCase()}`

export interface SlackStint extends Stint {
  readonly slack: Slack
  /** Clicks a button in Slack, and gives what is whispered back. `quiet` where nothing is. */
  press(
    person: string,
    action: string,
    grant: string,
    more?: { team?: string; quiet?: true },
  ): Promise<string>
  /** Types a command in Slack, and gives what is whispered back. */
  type(person: string, text: string, team?: string): Promise<string>
  /** Opens a form by a button, sends it with a reason, and gives what the view says in the end. */
  fill(person: string, action: string, grant: string, reason: string): Promise<string>
  /** Both halves of the link, through Slack and HTTP. */
  link(person: Person): Promise<void>
  send(payload: SlackJson): Promise<{ status: number; text: string }>
}

/** The texts of a view, one after the other. */
export const viewText = (view: SlackJson | undefined): string =>
  ((view?.['blocks'] ?? []) as { text?: { text?: string } }[]).map(({ text }) => text?.text ?? '').join('\n')

/** Stint with a Slack beside it, from which it takes clicks by HTTP. */
export async function startSlackStint(
  { rules = slackRules, change = (same: Surroundings) => same, ...more }: StintOptions = {},
  slackOptions: SlackOptions = {},
  tokens: Record<string, string> = { STINT_SLACK_SIGNING_SECRET: signingSecret },
): Promise<SlackStint> {
  const users = ['ana', 'ben', 'bo', 'dan', 'eve'].map((name) => ({ id: userOf(name), name }))
  // Slack's stamps are of the time that Stint has: it looks for its own messages by them.
  let clock: () => number = Date.now
  const slack = await startSlack({ users, clock: () => clock(), ...slackOptions })
  const stint = await startStint({
    rules,
    ...more,
    change: (same) => {
      clock = same.clock
      return change({
        ...same,
        env: {
          ...same.env,
          STINT_SLACK_API_URL: slack.url,
          STINT_SLACK_BOT_TOKEN: slack.botToken,
          ...tokens,
        },
      })
    },
  })
  const send = (payload: SlackJson) => post(stint.url, asForm(payload), stint.clock())
  const close = stint.close.bind(stint)

  async function whispered(run: () => Promise<{ status: number }>): Promise<string> {
    const before = slack.answers.length
    const { status } = await run()
    if (status !== 200) throw new Error(`It was answered with ${status}.`)
    return until(() => slack.answers[before]).then(({ text }) => String(text))
  }
  async function type(person: string, text: string, team?: string): Promise<string> {
    return whispered(() => post(stint.url, commandForm(slack, userOf(person), text, team), stint.clock()))
  }

  return Object.assign(stint, {
    slack,
    send,
    type,
    async press(
      person: string,
      action: string,
      grant: string,
      { team, quiet }: { team?: string; quiet?: true } = {},
    ) {
      const click = buttonClick(slack, userOf(person), action, grant, team)
      if (!quiet) return whispered(() => send(click))
      await send(click)
      return ''
    },
    async fill(person: string, action: string, grant: string, reason: string) {
      const before = slack.views.length
      await send(buttonClick(slack, userOf(person), action, grant))
      const view = await until(() => slack.views[before])
      await send(submission(slack, userOf(person), reason, view))
      const end = await until(() => {
        const text = viewText(slack.views[before])
        return text !== '' && !/One moment/.test(text) && text
      })
      return end
    },
    async link(person: Person) {
      const code = /stint slack link (\S+)`/.exec(await type(person, 'link'))?.[1] ?? ''
      const body = { code, user: `T0ACME/${userOf(person)}` }
      const answer = await stint.call('POST', '/v1/me/slack/link', { as: person, body })
      if (answer.status !== 200) throw new Error(answer.text)
    },
    async close() {
      await close().finally(slack.close)
      mustHoldNoSecret({ Slack: JSON.stringify([slack.calls, slack.answers, slack.messages, slack.views]) })
    },
  })
}
