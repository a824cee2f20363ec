/** What the command that makes tokens needs of the token file. */

export { ENTRY_NAME, parseAccessList } from "./access-list.js";
export { newToken } from "./new-token.js";
export { SCOPES, type Scope } from "./rules.js";
