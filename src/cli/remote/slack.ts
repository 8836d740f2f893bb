import type { Command } from 'commander'
import type { SlackLink } from '../../http/contract.js'
import type { Frame, Session } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import { visible } from './text.js'

const link: shape.Shape = { user: shape.text, name: shape.text, linked: shape.flag }

export function addSlack(program: Command, frame: Frame): void {
  const slack = program.command('slack').description('your user of Slack, and the set-up of the app')

  frame
    .command(slack, 'link <code>', 'make your clicks in Slack count as yours', {
      text: `/stint link in Slack gives the code. It is shown whose it is, and nothing is done before you say that this is
you. Run none that somebody else gave you: they would click in your name.`,
      examples: [
        'stint slack link 7K3Q-XPWM-2ZRT-9DVH',
        'stint slack link 7K3Q-XPWM-2ZRT-9DVH --user T0123ABCD/U0456EFGH',
      ],
    })
    .option('--user <team/user>', 'your user in Slack, where nobody can be asked')
    .action(
      frame.act((session, code: string, { user }: { readonly user?: string }) =>
        linkUser(session, code, user),
      ),
    )

  frame
    .command(slack, 'unlink', 'your clicks in Slack count no more', { examples: ['stint slack unlink'] })
    .action(
      frame.act(async ({ client, say }) => {
        const { body } = await say.during('Telling the broker', client().post('/v1/me/slack/unlink'))
        const ended = shape.read<SlackLink>(body, link)
        if (say.json) say.value(ended)
        else say.data(`@${visible(ended.name)} (${visible(ended.user)}) is not you any more.`)
      }),
    )
}

async function linkUser(
  { client, say, world }: Session,
  code: string,
  said: string | undefined,
): Promise<void> {
  const broker = client()
  const post = async (body: object) =>
    shape.read<SlackLink>(
      (await say.during('Asking the broker', broker.post('/v1/me/slack/link', body))).body,
      link,
    )
  let user = said
  if (user === undefined) {
    const found = await post({ code })
    const shown = `@${visible(found.name)} (${visible(found.user)})`
    if (!world.interactive)
      throw new Stop(
        'invalid_request',
        `The code is that of ${shown}. If this is you, say so: --user ${visible(found.user)}`,
      )
    if (!(await world.confirm(`The code is that of ${shown} in Slack. Is this you?`)))
      throw new Stop('invalid_request', 'Nothing was linked.')
    user = found.user
  }
  const linked = await post({ code, user })
  if (say.json) say.value(linked)
  else
    say.data(
      `@${visible(linked.name)} (${visible(linked.user)}) is you: your clicks in Slack count as yours.`,
    )
}
