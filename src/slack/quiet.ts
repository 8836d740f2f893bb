import type { Logger, LogLevel } from '@slack/bolt'

const nothing = () => undefined

/** Bolt's own words can hold payloads and tokens: what matters of them is told as an error, once. */
export const quiet: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => 'error' as LogLevel,
  setName: nothing,
}
