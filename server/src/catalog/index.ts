/** What other packages use of the catalog: its names, and reading and changing the current version of an index. */

export { DirectorySource } from "./directory-source.js";
export { isName, NAME_RULE } from "./names.js";
