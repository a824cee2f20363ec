// The native library and the shape of what it exports (src/*.rs); nothing else loads it.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export interface NativeSearchParams {
  k: number;
  kCentroids: number;
  kDocsToScore: number;
  efSearch?: number | undefined;
  alpha?: number | undefined;
  beta?: number | undefined;
  lambda?: number | undefined;
}

export interface NativeBuildOptions {
  totalCentroids?: number | undefined;
  tacNIter?: number | undefined;
  tacMicroThreshold?: number | undefined;
  tacSmallThreshold?: number | undefined;
  maxSampleSize?: number | undefined;
  pqSampleSize?: number | undefined;
  pqNIter?: number | undefined;
  normalize?: boolean | undefined;
  scaleNorms?: boolean | undefined;
  pqSeed?: number | undefined;
  pqSubspaces?: number | undefined;
  hnswM?: number | undefined;
  efConstruction?: number | undefined;
  centerDataset?: boolean | undefined;
  exactBelow?: number | undefined;
  maxMemory?: number | undefined;
  codebooks?: string | undefined;
}

export interface NativeTacOptions {
  nCentroids?: number | undefined;
  nIter?: number | undefined;
  maxSampleSize?: number | undefined;
  microThreshold?: number | undefined;
  smallThreshold?: number | undefined;
  seed?: number | undefined;
}

export interface NativeClustering {
  dim: number;
  centroids: Float32Array;
  assignments: Uint32Array;
  types: string;
  global: boolean;
  minBudget: number;
  roundedFrom?: string | undefined;
}

export interface NativeArray {
  shape: number[];
  dtype: string;
  data?: Uint8Array | undefined;
}

export interface NativeBatchResult {
  scores: Float32Array;
  docIds: Uint32Array;
}

export interface NativeSearcher {
  open(indexId: number): void;
  search(
    data: Uint8Array,
    half: boolean,
    rowCounts: Uint32Array,
    params: NativeSearchParams,
    cancelFlag: number,
    docIds: Uint32Array,
    scores: Float32Array,
    counts: Uint32Array,
    failed: Int32Array,
    micros: Uint32Array,
  ): number;
  close(): void;
}

export type OnNativeProgress = (stage: string, done: number, total: number, overall: number) => void;

export interface Addon {
  version(): string;
  kernels(): string;
  releaseProgramPages(): number;
  openIndex(path: string, full: boolean): Promise<number>;
  verifyIndex(indexId: number, cancelFlag: number): Promise<void>;
  saveIndex(indexId: number, path: string): Promise<void>;
  indexInfo(indexId: number): string;
  indexTypes(indexId: number): string;
  indexCodebooks(indexId: number): Float32Array;
  documentEmbeddings(indexId: number, document: number): Float32Array;
  closeIndex(indexId: number): boolean;
  NativeSearcher: new () => NativeSearcher;
  createCancelFlag(): number;
  raiseCancelFlag(id: number): void;
  releaseCancelFlag(id: number): void;
  buildFromFiles(
    vectors: string,
    tokenIds: string | undefined,
    doclens: string,
    centroids: string | undefined,
    assignments: string | undefined,
    output: string,
    options: NativeBuildOptions,
    threads: number,
    cancelFlag: number,
    told: OnNativeProgress | undefined,
  ): Promise<void>;
  buildFromArrays(
    vectors: Uint16Array,
    dim: number,
    tokenIds: Uint32Array | undefined,
    doclens: Int32Array,
    output: string,
    options: NativeBuildOptions,
    threads: number,
    cancelFlag: number,
    told: OnNativeProgress | undefined,
  ): Promise<void>;
  estimateBuild(
    vectors: string,
    tokenIds: string | undefined,
    doclens: string,
    options: NativeBuildOptions,
    threads: number,
  ): Promise<string>;
  batchSearch(
    indexId: number,
    tokens: Uint8Array,
    half: boolean,
    queries: number,
    offsets: BigUint64Array | undefined,
    params: NativeSearchParams,
    threads: number,
    cancelFlag: number,
  ): Promise<NativeBatchResult>;
  exactSearch(
    vectors: string,
    doclens: string,
    tokens: Uint8Array,
    half: boolean,
    offsets: BigUint64Array,
    k: number,
    threads: number,
    cancelFlag: number,
  ): Promise<NativeBatchResult>;
  trainTacFromFiles(
    vectors: string,
    tokenIds: string,
    options: NativeTacOptions,
    threads: number,
    cancelFlag: number,
    told: OnNativeProgress | undefined,
  ): Promise<NativeClustering>;
  trainTacFromArrays(
    vectors: Uint16Array,
    dim: number,
    tokenIds: Uint32Array,
    options: NativeTacOptions,
    threads: number,
    cancelFlag: number,
    told: OnNativeProgress | undefined,
  ): Promise<NativeClustering>;
  autoBuildParams(
    tokenIds: Uint32Array,
    totalCentroids: number | undefined,
    microThreshold: number | undefined,
    smallThreshold: number | undefined,
  ): string;
  readArray(name: string): NativeArray;
  arrayShape(name: string): NativeArray;
  arrayNames(path: string): string[];
  writeNpyFile(path: string, dtype: string, shape: number[], data: Uint8Array): void;
}

function load(): Addon {
  const name = `maxsimd.${process.platform}-${process.arch}.node`;
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new Error(`cannot load the native library ${name}: run "npm run build:native"`, { cause });
  }
}

/** The native library. */
export const addon: Addon = load();
