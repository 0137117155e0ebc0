export class FetchSessions {}
