/** What a field of a topic id says when there is none: 16 zero bytes. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
