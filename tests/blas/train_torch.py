# SPDX-License-Identifier: Apache-2.0
"""A small network trained with PyTorch: prints the loss of every step as the bits of a double."""
import torch

torch.manual_seed(7)
torch.set_num_threads(1)
torch.backends.mkldnn.enabled = False  # its products would not go through BLAS
STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 30, 64, 24, 48, 5

centres = 2 * torch.randn(CLASSES, INPUTS)
net = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES))
optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

for step in range(STEPS):
    label = torch.randint(0, CLASSES, (BATCH,))
    x = centres[label] + torch.randn(BATCH, INPUTS)
    loss = torch.nn.functional.cross_entropy(net(x), label)
    print(float(loss.detach()).hex())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
