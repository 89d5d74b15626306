import { alexnetFamily } from '@zoo/alexnet';
import { createRegistry, type Registry } from '@zoo/core';
import { densenet } from '@zoo/densenet';
import { inception } from '@zoo/inception';
import { lenet } from '@zoo/lenet';
import { linear } from '@zoo/linear';
import { ninFamily } from '@zoo/nin';
import { resnet } from '@zoo/resnet';
import { vgg } from '@zoo/vgg';

/** All model families of this repository, for scripts that take a model's name. */
export const familyRegistry = (): Registry =>
  createRegistry()
    .use(linear)
    .use(lenet)
    .use(alexnetFamily)
    .use(vgg)
    .use(ninFamily)
    .use(inception)
    .use(resnet)
    .use(densenet);
