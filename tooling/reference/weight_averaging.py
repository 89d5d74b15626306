"""Golden values of weight averaging from torch.optim.swa_utils; tests of packages/ensemble compare with them.

    weight_averaging.py > packages/ensemble/tests/fixtures/weight-averaging.json

Holds the state dicts of a small net after each step of a training, the averages of them, and the statistics that
update_bn gives the plain mean.
"""

import json

import torch
from torch.optim.swa_utils import AveragedModel, update_bn

DECAY = 0.8


def net():
    return torch.nn.Sequential(
        torch.nn.Linear(4, 5),
        torch.nn.BatchNorm1d(5),
        torch.nn.ReLU(),
        torch.nn.Linear(5, 3),
    )


def state_of(module):
    return {name: tensor.tolist() for name, tensor in module.state_dict().items()}


def main():
    torch.manual_seed(0)
    model = net()
    batches = [(torch.randn(6, 4), torch.randint(0, 3, (6,))) for _ in range(5)]
    mean = AveragedModel(model)
    moving = AveragedModel(model, avg_fn=lambda old, new, _: DECAY * old + (1 - DECAY) * new, use_buffers=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    states = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        mean.update_parameters(model)
        moving.update_parameters(model)
        states.append(state_of(model))
    averaged = state_of(mean.module)
    update_bn(batches, mean.module)
    print(
        json.dumps(
            {
                "decay": DECAY,
                "batches": [inputs.tolist() for inputs, _ in batches],
                "states": states,
                "mean": {name: averaged[name] for name, _ in mean.module.named_parameters()},
                "moving": state_of(moving.module),
                "updated": state_of(mean.module),
            }
        )
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
