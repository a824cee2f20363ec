/** The files of a data set, and how they are read. */

export { arrayIn, findArray, isCollection } from "./arrays.js";
export { type CorpusArrays, type DatasetFiles, datasetFiles } from "./dataset-files.js";
export { type DocumentText, readDocuments } from "./documents.js";
export { InputError, type InputErrorCode } from "./input-error.js";
export { type Grades, type Judgements, readJudgements } from "./judgements.js";
export { type QuerySet, readQueries, requireQueryRows, sliceQueries } from "./queries.js";
export { requireFiles } from "./require-files.js";
