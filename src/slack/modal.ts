import type { types } from '@slack/bolt'

export type Modal = types.ModalView
export type Block = Modal['blocks'][number]

/** Slack's limit of blocks in a view. */
const mostBlocks = 100

/** A view that says something and asks for nothing. Its title has 24 characters at most. */
export const modal = (title: string, blocks: readonly Block[]): Modal => ({
  type: 'modal',
  title: { type: 'plain_text', text: title },
  close: { type: 'plain_text', text: 'Close' },
  blocks: blocks.slice(0, mostBlocks),
})

export const section = (text: string): Block => ({ type: 'section', text: { type: 'mrkdwn', text } })

export const message = (title: string, text: string): Modal => modal(title, [section(text)])
