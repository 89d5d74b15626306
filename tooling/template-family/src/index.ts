export { TemplateNet, type TemplateNetConfig } from './template.ts';
export { template, template_small, template_wide } from './variants.ts';
