"""Right answers to the homework, in many ways of writing."""

import torch
import torch.nn.functional as F
from students.table import Table
from torch import nn

HOMEWORK = {
    "convolve": Table(),
    "convolve_transposed": Table(),
    "cnn_forward": Table(),
    "training_step": Table(),
    "evaluate": Table(),
    "split": Table(),
    "shuffled": Table(),
    "prepare": Table(),
    "probabilities": Table(),
}
(
    CONVOLUTIONS,
    TRANSPOSED,
    FORWARD_PASSES,
    STEPS,
    EVALUATIONS,
    SPLITS,
    SHUFFLES,
    PREPARATIONS,
    PROBABILITIES,
) = HOMEWORK.values()

# --- convolve ---


@CONVOLUTIONS()
def windows_einsum_bias_at_the(x, weight, bias, stride=1, padding=0):
    # 1. sizes
    number_of_images, channels, height, width = x.shape
    number_of_filters, channels_of_filter, k, k_again = weight.shape
    assert channels == channels_of_filter
    # 2. padding
    padded = torch.zeros(number_of_images, channels, height + 2 * padding, width + 2 * padding)
    padded[:, :, padding : padding + height, padding : padding + width] = x
    # 3. result
    out_height = (height + 2 * padding - k) // stride + 1
    out_width = (width + 2 * padding - k) // stride + 1
    maps = torch.zeros(number_of_images, number_of_filters, out_height, out_width)
    for i in range(out_height):
        for j in range(out_width):
            window = padded[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            maps[:, :, i, j] = torch.einsum("nckl,fckl->nf", window, weight)
    return maps + bias.reshape(1, number_of_filters, 1, 1)


@CONVOLUTIONS()
def python_loops_over_everything_plain(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, k, _ = weight.shape
    xs, ws, bs = x.tolist(), weight.tolist(), bias.tolist()
    Ho = (H + 2 * padding - k) // stride + 1
    Wo = (W + 2 * padding - k) // stride + 1
    y = torch.zeros(N, K, Ho, Wo)
    for n in range(N):
        for f in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    s = bs[f]
                    for c in range(C):
                        for u in range(k):
                            for v in range(k):
                                r = i * stride + u - padding
                                q = j * stride + v - padding
                                if 0 <= r < H and 0 <= q < W:  # outside: zero
                                    s += ws[f][c][u][v] * xs[n][c][r][q]
                    y[n, f, i, j] = s
    return y


@CONVOLUTIONS()
def f_unfold_and_a_matrix(x, weight, bias, stride=1, padding=0):
    n_filters, _, k, _ = weight.shape
    N, _, H, W = x.shape
    columns = F.unfold(x, kernel_size=k, padding=padding, stride=stride)
    maps = weight.reshape(n_filters, -1) @ columns + bias[:, None]
    return maps.reshape(N, n_filters, (H + 2 * padding - k) // stride + 1, -1)


@CONVOLUTIONS()
def tensor_unfold_twice_tensordot(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int = 1, padding: int = 0
) -> torch.Tensor:
    k = weight.shape[-1]
    fenster = F.pad(x, [padding] * 4).unfold(2, k, stride).unfold(3, k, stride)  # N C H' W' k k
    karten = torch.tensordot(fenster, weight, dims=([1, 4, 5], [1, 2, 3]))  # N H' W' F
    return (karten + bias).permute(0, 3, 1, 2)


@CONVOLUTIONS()
def loop_over_the_filter_s(x, weight, bias, stride=1, padding=0):
    p, s = padding, stride
    x = F.pad(x, (p, p, p, p))
    _, _, h, w = x.shape
    k = weight.shape[2]
    filas = (h - k) // s + 1
    columnas = (w - k) // s + 1
    mapas = bias.reshape(1, -1, 1, 1).repeat(len(x), 1, filas, columnas)
    for u in range(k):
        for v in range(k):
            trozo = x[:, :, u : u + (filas - 1) * s + 1 : s, v : v + (columnas - 1) * s + 1 : s]
            for c in range(x.shape[1]):
                mapas = mapas + trozo[:, c : c + 1] * weight[:, c, u, v].reshape(1, -1, 1, 1)
    return mapas


# --- convolve_transposed ---


@TRANSPOSED()
def as_in_the_hints_but(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    n_f, k = weight.shape[1], weight.shape[2]
    height, width = (H - 1) * stride + k, (W - 1) * stride + k
    maps = torch.zeros(N, n_f, height, width)
    stamps = torch.einsum("ncij,cfkl->ijnfkl", x, weight)
    for i in range(H):
        for j in range(W):
            maps[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += stamps[i, j]
    return maps[:, :, padding : height - padding, padding : width - padding] + bias.reshape(
        1, -1, 1, 1
    )


@TRANSPOSED()
def matrix_product_and_f_fold(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    k = weight.shape[-1]
    columns = weight.flatten(start_dim=1).T @ x.flatten(start_dim=2)  # N, F*k*k, H*W
    size = ((H - 1) * stride + k - 2 * padding, (W - 1) * stride + k - 2 * padding)
    maps = F.fold(columns, output_size=size, kernel_size=k, padding=padding, stride=stride)
    return maps + bias[None, :, None, None]


@TRANSPOSED()
def loop_over_the_filter_s_2(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    _, Fo, k, _ = weight.shape
    s = stride
    h = (H - 1) * s + k
    w = (W - 1) * s + k
    out = torch.zeros(N, Fo, h, w)
    for u in range(k):
        for v in range(k):
            out[:, :, u : u + (H - 1) * s + 1 : s, v : v + (W - 1) * s + 1 : s] += torch.einsum(
                "nchw,cf->nfhw", x, weight[:, :, u, v]
            )
    out = out + bias.view(-1, 1, 1)
    if padding:
        out = out[:, :, padding:-padding, padding:-padding]
    return out


@TRANSPOSED()
def index_arithmetic_no_cutting_numbers(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    k = weight.shape[3]
    neu_h = (H - 1) * stride + k - 2 * padding
    neu_b = (W - 1) * stride + k - 2 * padding
    # Start mit dem Bias
    ergebnis = bias.reshape(1, -1, 1, 1).repeat(N, 1, neu_h, neu_b)
    for i in range(H):
        for j in range(W):
            for u in range(k):
                for v in range(k):
                    zeile = i * stride + u - padding
                    spalte = j * stride + v - padding
                    if 0 <= zeile < neu_h and 0 <= spalte < neu_b:
                        ergebnis[:, :, zeile, spalte] += x[:, :, i, j] @ weight[:, :, u, v]
    return ergebnis


@TRANSPOSED()
def zeros_between_the_pixels_filter(x, weight, bias, stride=1, padding=0):
    def stretch(a, s):
        n, c, h, w = a.shape
        big = torch.zeros(n, c, (h - 1) * s + 1, (w - 1) * s + 1)
        big[:, :, ::s, ::s] = a
        return big

    k = weight.shape[-1]
    a = stretch(x, stride)
    a = F.pad(a, (k - 1, k - 1, k - 1, k - 1))
    turned = torch.flip(weight, dims=[2, 3]).transpose(0, 1)
    maps = torch.zeros(a.shape[0], turned.shape[0], a.shape[2] - k + 1, a.shape[3] - k + 1)
    for i in range(maps.shape[2]):
        for j in range(maps.shape[3]):
            window = a[:, :, i : i + k, j : j + k]
            maps[:, :, i, j] = (window[:, None] * turned).sum(dim=(2, 3, 4)) + bias
    return maps[:, :, padding : maps.shape[2] - padding, padding : maps.shape[3] - padding]


# --- cnn_forward ---


@FORWARD_PASSES()
def one_step_a_line(cnn, x):
    x = cnn.conv1(x)
    x = F.relu(x)
    x = cnn.pool(x)
    x = cnn.conv2(x)
    x = F.relu(x)
    x = cnn.pool(x)
    x = x.flatten(start_dim=1)
    x = cnn.fc1(x)
    x = F.relu(x)
    x = cnn.logits(x)
    return x


@FORWARD_PASSES()
def pooling_before_relu_view(cnn, x):
    x = torch.relu(cnn.pool(cnn.conv1(x)))
    x = torch.relu(cnn.pool(cnn.conv2(x)))
    x = x.view(x.size(0), -1)
    x = torch.relu(cnn.fc1(x))
    return cnn.logits(x)


@FORWARD_PASSES()
def nn_sequential(cnn, x):
    net = nn.Sequential(
        cnn.conv1,
        nn.ReLU(),
        cnn.pool,
        cnn.conv2,
        nn.ReLU(),
        cnn.pool,
        nn.Flatten(),
        cnn.fc1,
        nn.ReLU(),
        cnn.logits,
    )
    return net(x)


@FORWARD_PASSES()
def own_relu_with_clamp_prints(cnn, x):
    def rectifier(t):
        return t.clamp(min=0)

    a = cnn.pool(rectifier(cnn.conv1(x)))
    print("after conv1:", tuple(a.shape))
    b = cnn.pool(rectifier(cnn.conv2(a)))
    print("after conv2:", tuple(b.shape))
    c = rectifier(cnn.fc1(b.reshape(b.shape[0], -1)))
    return cnn.logits(c)


@FORWARD_PASSES()
def everything_in_one_expression(cnn, x):
    return cnn.logits(
        cnn.fc1(cnn.pool(cnn.conv2(cnn.pool(cnn.conv1(x).relu())).relu()).flatten(1)).relu()
    )


# --- training_step ---


@STEPS()
def zero_grad_at_the_end(model, criterion, optimizer, x, labels):
    scores = model(x)
    loss = criterion(scores, labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss


@STEPS()
def zero_grad_first_float_returned(model, criterion, optimizer, x, labels):
    optimizer.zero_grad()
    perte = criterion(model(x), labels)
    perte.backward()
    optimizer.step()
    return perte.item()


@STEPS()
def zero_grad_just_before_backward(model, criterion, optimizer, x, labels):
    logits = model(x)
    loss = criterion(logits, labels)
    value = float(loss)
    print(f"loss {value:.3f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return value


@STEPS()
def closure_given_to_the_optimizer(model, criterion, optimizer, x, labels):
    def closure():
        optimizer.zero_grad()
        loss = criterion(model(x), labels)
        loss.backward()
        return loss

    return optimizer.step(closure)


@STEPS()
def gradients_by_torch_autograd_grad(model, criterion, optimizer, x, labels):
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss = criterion(model(x), labels)
    gradients = torch.autograd.grad(loss, parameters)
    for p, g in zip(parameters, gradients, strict=False):
        p.grad = g
    optimizer.step()
    for p in parameters:
        p.grad = None
    return loss.detach()


# --- evaluate ---


@EVALUATIONS()
def as_in_the_hints(model, criterion, loader):
    was_training = model.training
    model.eval()
    total, n_correct, n_images = 0.0, 0, 0
    with torch.no_grad():
        for x, labels in loader:
            logits = model(x)
            total += criterion(logits, labels).item() * len(x)
            n_correct += (logits.argmax(dim=1) == labels).sum().item()
            n_images += len(x)
    model.train(was_training)
    return total / n_images, n_correct / n_images


@EVALUATIONS()
@torch.no_grad()
def collects_all_scores_then_one(model, criterion, loader):
    mode = model.training
    model.train(False)
    all_logits, all_labels = [], []
    for x, labels in loader:
        all_logits.append(model(x))
        all_labels.append(labels)
    model.train(mode)
    logits = torch.cat(all_logits)
    labels = torch.cat(all_labels)
    return criterion(logits, labels).item(), (logits.argmax(dim=1) == labels).float().mean().item()


@EVALUATIONS()
def inference_mode_if_at_the(model, criterion, loader):
    in_training = model.training
    model.eval()
    losses, accuracies, sizes = [], [], []
    with torch.inference_mode():
        for batch in loader:
            x, y = batch
            out = model(x)
            losses.append(criterion(out, y).item())
            accuracies.append((out.max(dim=1)[1] == y).float().mean().item())
            sizes.append(y.shape[0])
    if in_training:
        model.train()
    n = sum(sizes)
    loss = sum(one * s for one, s in zip(losses, sizes, strict=False)) / n
    accuracy = sum(a * s for a, s in zip(accuracies, sizes, strict=False)) / n
    return loss, accuracy


@EVALUATIONS()
def try_finally_the_modes_of(model, criterion, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    suma = 0.0
    aciertos = 0
    cuantas = 0
    try:
        with torch.no_grad():
            for imagenes, etiquetas in loader:
                puntos = model(imagenes)
                n = imagenes.size(0)
                suma += float(criterion(puntos, etiquetas)) * n
                aciertos += int((puntos.argmax(dim=-1) == etiquetas).sum())
                cuantas += n
    finally:
        for module, mode in modes:
            module.training = mode
    return suma / cuantas, aciertos / cuantas


@EVALUATIONS()
def running_mean_count_image_by(model, criterion, loader):
    was_training = model.training
    model.eval()
    mean_loss = 0.0
    right = 0
    seen = 0
    with torch.no_grad():
        for x, labels in loader:
            logits = model(x)
            loss = criterion(logits, labels).item()
            seen += len(labels)
            mean_loss += (loss - mean_loss) * len(labels) / seen
            for guess, label in zip(logits.argmax(dim=1).tolist(), labels.tolist(), strict=False):
                if guess == label:
                    right += 1
    print("evaluated", seen, "images")
    model.train(mode=was_training)
    return mean_loss, right / seen


# --- split ---


@SPLITS()
def slices(images, labels, n_validation):
    validation = images[:n_validation], labels[:n_validation]
    return images[n_validation:], labels[n_validation:], *validation


@SPLITS()
def torch_split_with_two_sizes(images, labels, n_validation):
    sizes = [n_validation, len(images) - n_validation]
    x_val, x_train = torch.split(images, sizes)
    y_val, y_train = torch.split(labels, sizes)
    return x_train, y_train, x_val, y_val


@SPLITS()
def mask(images, labels, n_validation):
    is_validation = torch.arange(len(images)) < n_validation
    return (
        images[~is_validation],
        labels[~is_validation],
        images[is_validation],
        labels[is_validation],
    )


@SPLITS()
def list_of_indices(images, labels, n_validation):
    indices_val = list(range(n_validation))
    indices_train = list(range(n_validation, len(images)))
    return images[indices_train], labels[indices_train], images[indices_val], labels[indices_val]


@SPLITS()
def narrow_returns_a_tuple_built(images, labels, n_validation):
    def cut(t):
        return t.narrow(0, n_validation, t.shape[0] - n_validation), t.narrow(0, 0, n_validation)

    train_x, val_x = cut(images)
    train_y, val_y = cut(labels)
    return (train_x, train_y) + (val_x, val_y)


# --- shuffled ---


@SHUFFLES()
def one_permutation_used_twice(images, labels):
    order = torch.randperm(len(images))
    return images[order], labels[order]


@SHUFFLES()
def index_select(images, labels):
    perm = torch.randperm(images.size(0))
    return torch.index_select(images, 0, perm), torch.index_select(labels, 0, perm)


@SHUFFLES()
def order_by_random_numbers_argsort(images, labels):
    reihenfolge = torch.rand(len(labels)).argsort()
    bilder = images[reihenfolge]
    klassen = labels[reihenfolge]
    return bilder, klassen


@SHUFFLES()
def lists_and_stack(images, labels):
    new_images = []
    new_labels = []
    for i in torch.randperm(len(images)).tolist():
        new_images.append(images[i])
        new_labels.append(labels[i])
    return torch.stack(new_images), torch.stack(new_labels)


@SHUFFLES()
def a_dataloader_with_one_batch(images, labels):
    from torch.utils.data import DataLoader, TensorDataset

    loader = DataLoader(TensorDataset(images, labels), batch_size=len(images), shuffle=True)
    x, y = next(iter(loader))
    return x, y


# --- prepare ---


@PREPARATIONS()
def model_parameters(make_network, learning_rate):
    model = make_network()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    return model, optimizer


@PREPARATIONS()
def keyword_arguments_a_list_of(make_network, learning_rate):
    reseau = make_network()
    parametres = list(reseau.parameters())
    return reseau, torch.optim.SGD(
        params=parametres, lr=learning_rate, momentum=0.9, weight_decay=0.0, nesterov=False
    )


@PREPARATIONS()
def a_parameter_group(make_network, learning_rate):
    net = make_network()
    groups = [{"params": net.parameters(), "lr": learning_rate, "momentum": 0.9}]
    opt = torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)
    return net, opt


@PREPARATIONS()
def positional_arguments_import_inside(make_network, learning_rate):
    from torch import optim

    model = make_network()
    optimizer = optim.SGD(model.parameters(), learning_rate, 0.9)
    result = (model, optimizer)
    return result


@PREPARATIONS()
def helper_function_prints(make_network, learning_rate):
    def make_optimizer(network):
        return torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=0.9)

    model = make_network()
    print("parameters:", sum(p.numel() for p in model.parameters()))
    return model, make_optimizer(model)


# --- probabilities ---


@PROBABILITIES()
def dim_1(model, images):
    with torch.no_grad():
        return F.softmax(model(images), dim=1)


@torch.no_grad()
@PROBABILITIES()
def torch_softmax_over_dim_1(model, images):
    return torch.softmax(model(images), dim=-1)


@PROBABILITIES()
def by_hand_with_exp_maximum(model, images):
    with torch.no_grad():
        scores = model(images)
    scores = scores - scores.max(dim=1, keepdim=True).values
    e = torch.exp(scores)
    return e / e.sum(dim=1, keepdim=True)


@PROBABILITIES()
def exp_of_log_softmax_detach(model, images):
    logits = model(images).detach()
    return F.log_softmax(logits, dim=1).exp()


@PROBABILITIES()
def nn_softmax_image_by_image(model, images):
    softmax = nn.Softmax(dim=0)
    with torch.no_grad():
        scores = model(images)
        return torch.stack([softmax(row) for row in scores])
