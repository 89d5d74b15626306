"""One epoch over the JPEG files, nothing computed with them. The workers stay alive over all epochs."""

import images


def prepare(job):
    loader = images.loader(job)

    def iterate():
        for _ in loader:
            pass

    def check():
        yield next(iter(loader)).permute(0, 2, 3, 1).contiguous().numpy()

    return iterate, check
