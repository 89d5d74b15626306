"""One epoch over the JPEG files, nothing computed with them."""

import images


def prepare(job):
    def iterate():
        for _ in images.loader(job):
            pass

    def check():
        yield next(iter(images.loader(job, workers=0))).permute(0, 2, 3, 1).contiguous().numpy()

    return iterate, check
