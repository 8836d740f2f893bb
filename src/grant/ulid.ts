import type { Instant } from '../time.js'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Makes ULIDs (github.com/ulid/spec): 48 bits of time and 80 of randomness in 26 characters, so that ids
 * sort by when they were made and cannot be guessed. `random` fills with secure random bytes.
 */
export function ulids(random: (bytes: number) => Uint8Array): (at: Instant) => string {
  return (at) => {
    let text = ''
    for (let rest = at; text.length < 10; rest = Math.floor(rest / 32))
      text = alphabet.charAt(rest % 32) + text
    // Of each byte five bits: a character is as many.
    for (const byte of random(16)) text += alphabet.charAt(byte % 32)
    return text
  }
}
