export { confusionMatrixSvg } from './report/confusion-matrix-svg.ts';
export { type CurveOptions, curvesSvg } from './report/curves.ts';
export { curvesPng, saveCurves } from './report/save-curves.ts';
