import type { Instant } from '../time.js'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Makes ULIDs (github.com/ulid/spec): 48 bits of time and 80 of randomness in 26 characters, so that ids
 * sort by when they were made and cannot be guessed. `random` fills with secure random bytes.
 */
export function ulids(random: (bytes: number) => Uint8Array): (at: Instant) => string {
  return (at) => {
    let bits = BigInt(at)
    for (const byte of random(10)) bits = (bits << 8n) | BigInt(byte)
    let text = ''
    for (let place = 0; place < 26; place++, bits >>= 5n) text = alphabet.charAt(Number(bits & 31n)) + text
    return text
  }
}
