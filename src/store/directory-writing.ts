import { LogDirectory, type LogDirectoryOptions } from '../storage/log-directory.ts'
import { resolveTopicConfig, type TopicConfig, type TopicConfigTexts } from '../storage/topic-configs.ts'
import { DirectoryAppender } from './directory-appender.ts'

/** What a `DirectoryStore` needs beyond reading: more code than all of reading, which a command that only reads never loads. */
export interface DirectoryWriting {
  readonly open: (options: LogDirectoryOptions) => LogDirectory
  readonly openAppender: (directory: LogDirectory, topic: string) => DirectoryAppender
  readonly configOf: (texts: TopicConfigTexts) => TopicConfig
}

export const directoryWriting: DirectoryWriting = {
  open: (options) => LogDirectory.openToWrite(options),
  openAppender: (directory, topic) => new DirectoryAppender(directory, topic),
  configOf: resolveTopicConfig,
}
