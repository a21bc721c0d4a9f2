# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] tags=["slide"]
# # F · Variational autoencoders
#
# *Optional: nothing in the lab builds on it.*
#
# **What you will learn**
#
# - how an encoder can give a distribution of codes, and how gradients pass through a random draw;
# - the two terms of the loss, and what becomes of images when their balance changes;
# - whether random codes and lines between codes get any better than with a plain autoencoder.

# %% [markdown]
# **Time:** about 25 minutes to read and try, of which the computer needs
# << duration["f_variational"] >> on two cores.
#
# **Data:** CIFAR-10, or the stand-in where it cannot be had; the second cell says which. Numbers
# quoted in the text were measured on << measured_on >>.

# %% [markdown] tags=["tutor"]
# **Plan for 25 minutes:** 4 for the idea, 5 for exercise F.1, 5 for exercise F.2, 5 for the balance (let them
# predict before the figure), 6 for the samples and the lines.
#
# **Questions to ask:** What would the encoder do if only the squared error counted? And if only the divergence
# did? (Shrink all variances to nothing; give every image the same code.)

# %%
from itertools import chain

import torch

import workshop_utils as wu
from workshop_utils import ConvDecoder, VariationalEncoder, train_variational

# %%
settings = wu.Settings.from_environment()
print(settings)
data = wu.load_data(settings)
train_loader, validation_loader = data.loaders(batch_size=128)

# %% [markdown] tags=["slide"]
# ## From a code to a distribution of codes
#
# The codes of images fill a small part of the space, and nobody asked the
# decoder to make sense of the rest: random codes became coloured noise. Can one ask for it?
#
# A **variational autoencoder** (Kingma and Welling, 2014) does. Two things are new:
#
# - the encoder gives every image not one code but a whole *distribution*: a mean $\mu$ and a variance $\sigma^2$ for each
#   number (the *approximate posterior*). In training, a code is drawn from it. So the decoder has to make the same image of
#   all codes near $\mu$;
# - a second term in the loss draws these distributions towards the standard normal one, $\mathcal{N}(0, 1)$, which is called
#   the *prior*. So they cannot shrink to points, nor run away from each other.
#
# The encoder is that of notebook 3 with twice as many channels at its end: one half for the means, the other for the
# *logarithms* of the variances. A variance must be positive; its logarithm may be any number, and so may what a
# convolution returns.

# %%
wu.show_source(VariationalEncoder)

# %%
torch.manual_seed(settings.seed)
encoder = VariationalEncoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
decoder = ConvDecoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
images, labels = next(iter(validation_loader))
with torch.no_grad():
    mean, log_variance = encoder.distribution(images)

# %% tags=["nbval-check-output"]
print("means:", tuple(mean.shape), "logarithms of variances:", tuple(log_variance.shape))

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise F.1 · Draw a code
#
# *Difficulty ●●○, 4 minutes*
#
# Draw one code from the distribution of each image. There is a catch: the encoder learns by gradients, and there is no
# gradient of a random draw. The way out is called *reparameterisation*: draw noise that depends on nothing,
# then make a code of it with $\mu$ and $\sigma$.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** the noise multiplied by the variance, since the root was forgotten; `rand` for `randn`;
# `torch.normal(mean, std)`, which draws the right codes and lets no gradient pass.

# %% tags=["exercise"]
### BEGIN SOLUTION
sample_codes = wu.use_solution("sample_codes")
wu.show_source(sample_codes)
### STUB
# def sample_codes(mean, log_variance):
#     """A random code for each image, N×32×4×4; mean and log_variance have that shape, too."""
#     raise NotImplementedError("Exercise F.1: return random codes, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# If $\varepsilon$ is drawn from $\mathcal{N}(0, 1)$, how is $\mu + \sigma\varepsilon$ distributed?
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# `torch.randn_like(mean)` draws noise of the right shape. The variance is `log_variance.exp()`, and the standard
# deviation is its square root.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# $\sqrt{\exp(a)} = \exp(a / 2)$. So the standard deviation is `(log_variance / 2).exp()`; multiply it by the
# noise, and add `mean`.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# sample_codes = wu.use_solution("sample_codes")

# %% tags=["check", "nbval-check-output"]
wu.check_sample_codes(sample_codes).must_pass()

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise F.2 · How far from the standard normal distribution?
#
# *Difficulty ●●○, 4 minutes*
#
# The second term of the loss is the *Kullback-Leibler divergence* of $\mathcal{N}(\mu, \sigma^2)$ from
# $\mathcal{N}(0, 1)$. For one number of a code it is
#
# $$ D_{\mathrm{KL}}\big(\mathcal{N}(\mu, \sigma^2) \,\Vert\, \mathcal{N}(0, 1)\big) = \tfrac{1}{2}\left(\mu^2 + \sigma^2 - \log \sigma^2 - 1\right), $$
#
# in *nats*, since the logarithm is the natural one; for a whole code it is the sum over its numbers. Write a function that returns it for every image of a batch.

# %% [markdown] tags=["tutor"]
# **Wrong answers to expect:** summed over the whole batch (then the loss depends on the batch size); $\sigma^4$,
# since `log_variance` was taken for the logarithm of $\sigma$; a sign turned round on the way.
#
# **Ask:** for which $\mu$ and $\sigma$ is it zero? What does each of the terms want?

# %% tags=["exercise"]
### BEGIN SOLUTION
kl_divergence = wu.use_solution("kl_divergence")
wu.show_source(kl_divergence)
### STUB
# def kl_divergence(mean, log_variance):
#     """The divergence of each image's distribution: N numbers, for tensors N×32×4×4."""
#     raise NotImplementedError("Exercise F.2: return N numbers, and remove this line.")
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint 1: a nudge</summary>
#
# Begin with the formula for all numbers at once: the result has the shape of `mean`. Add up afterwards.
#
# </details>
#
# <details><summary>Hint 2: where to look</summary>
#
# $\log \sigma^2$ is `log_variance` as it is, and $\sigma^2$ is `log_variance.exp()`. `tensor.sum(dim=...)` takes several
# dimensions at once.
#
# </details>
#
# <details><summary>Hint 3: nearly the code</summary>
#
# `(mean**2 + log_variance.exp() - log_variance - 1) / 2`, summed over the dimensions 1, 2 and 3. The first, the
# images, stays.
#
# </details>

# %% tags=["student"]
# Stuck? Remove the # from the last line and run: the notebook goes on with the reference solution.
# kl_divergence = wu.use_solution("kl_divergence")

# %% tags=["check", "nbval-check-output"]
wu.check_kl_divergence(kl_divergence).must_pass()

# %% [markdown]
# A distribution that is the standard normal one costs nothing, but then it is the same for every image. To say something
# about an image, a code has to differ from it, and that has its price:

# %% tags=["nbval-check-output"]
zero = torch.zeros(1, 32, 4, 4)
print("mean 0, variance 1 everywhere:", kl_divergence(zero, zero).item())
print("all 512 means moved to 1:", kl_divergence(zero + 1, zero).item())

# %% [markdown] tags=["slide"]
# ## Training
#
# Both parts stand in the middle of the loop. Compare it with `train_autoencoder`: the code is drawn, and the loss has a
# second term. (It calls the workbook's own versions of your two functions.)

# %%
wu.show_source(train_variational)

# %% [markdown]
# The loss is the squared error plus `beta` times the divergence. Where does `beta` come from? Suppose that each value of
# an image differs from its reconstruction by normal noise of variance $s^2$. Then the squared error divided by $2 s^2$, plus the
# divergence, is the paper's loss, up to a constant (its negative is the *evidence lower bound*, ELBO). Multiply it by $2 s^2$,
# and you have ours, with `beta` for $2 s^2$. So 0.1 assumes noise with a variance of 0.05, much more than the reconstructions
# really leave (their squared error divided by 3072): we choose to blur, and could choose otherwise, even learn $s$ (Rybkin et al.,
# 2021). To choose `beta` freely is due to Higgins et al. (2017).

# %% [markdown]
# In the lines below, the training loss is the sum of both terms, computed with drawn codes. The validation loss is the
# squared error alone, from the mean codes, so that you can compare it with notebook 3.

# %%
optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()), lr=1e-3)
n_epochs = settings.profile.sweep_epochs
history = train_variational(
    encoder, decoder, train_loader, validation_loader, optimizer, n_epochs, beta=0.1
)

# %% tags=["fragment"]
wu.show_result("variational_validation_loss", history.validation_loss[-1], data, settings)
wu.show_result("variational_divergence", history.divergence[-1], data, settings)

# %% [markdown] tags=["slide", "exercise"]
# ### Exercise F.3 · Predict: the balance
#
# *Difficulty ●●○, 1 minute*
#
# Let `beta` go from 0.01 to 1. What happens to the squared error of the reconstructions, and what to the
# divergence: `"both fall"`, `"both rise"`, `"error rises"` (and the divergence falls), or `"error falls"` (and the divergence
# rises)?

# %% [markdown] tags=["tutor"]
# **Expect:** most get the direction. Then ask for the extremes: what is left of an image if the divergence is zero?
# (Nothing: every code is plain noise, and the best the decoder can do is the mean image.)

# %% tags=["exercise"]
### BEGIN SOLUTION
prediction = "error rises"
### STUB
# raise NotImplementedError('Exercise F.3: replace this line by prediction = "both fall", "both rise", "error rises" or "error falls".')
### END SOLUTION

# %% [markdown] tags=["hint"]
# <details><summary>Hint</summary>
#
# The larger `beta`, the more a divergence costs. What do the codes know about an image if all of them are drawn from nearly
# the same distribution?
#
# </details>

# %% tags=["check", "nbval-check-output"]
directions = ("both fall", "both rise", "error rises", "error falls")
balance = wu.check_prediction(prediction, directions, "the balance")
balance.must_pass()

# %%
balances = wu.sweep(wu.try_variational, data, settings, beta=(0.01, 0.1, 1))
balances.show()
plain = wu.sweep(wu.try_code_size, data, settings, embedding_dim=(32,))

# %% tags=["slide"]
wu.plot_balance(balances, plain, f"Error against divergence, {balances.measured_on}")

# %%
error_rises = balances.mean(beta=1) > balances.mean(beta=0.01)
divergences = [
    sum(trial.history.divergence[-1] for trial in balances.where(beta=beta)) for beta in (0.01, 1)
]
divergence_rises = divergences[1] > divergences[0]
if error_rises == divergence_rises:
    balance.compare("both rise" if error_rises else "both fall")
else:
    balance.compare("error rises" if error_rises else "error falls")

# %% [markdown] tags=["fragment", "answer"]
# The error rises, and the divergence falls: from 0.01 to 1, the error goes from
# << sweep("try_variational", beta=0.01) >> to << sweep("try_variational", beta=1) >> and the divergence from
# << divergence("try_variational", beta=0.01) >> to << divergence("try_variational", beta=1) >> nats. The two terms pull
# in opposite directions. A code can only say something about its image if its distribution differs from the prior.
#
# The divergence even has a meaning of its own: it is the most that a *drawn* code can say about its image, on average
# (a bit is 0.69 nats).
# << divergence("try_variational", beta=1) >> nats are
# << (divergence("try_variational", beta=1) / 0.6931 / 8) | round(1) >> bytes, a handful of letters. At the other end, with a `beta` of 0.01, mean codes are as good as
# a plain autoencoder's after as many epochs (<< sweep("try_code_size", embedding_dim=32) >>).

# %% [markdown] tags=["slide"]
# These errors are of *mean* codes. A drawn code is what the decoder was trained with, and it costs more. We measure that,
# too, and something that may explain why the error rises with `beta`: how many of the 512 numbers say anything about
# the image, with a divergence of 0.1 or more. The first network is the one trained above; the others came with the workbook.

# %%
networks = {0.1: (encoder, decoder)}
for beta in (0.01, 1):
    kept = wu.find_run(f"variational_{beta:g}", data, settings)
    if kept:
        its_encoder = VariationalEncoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
        its_decoder = ConvDecoder(out_c1=8, out_c2=16, embedding_dim=32).to(settings.device)
        kept.load_into(encoder=its_encoder, decoder=its_decoder)
        networks[beta] = its_encoder, its_decoder

# %% tags=["fragment"]
some = data.validation_images[:2000] / 255
for beta, (its_encoder, its_decoder) in sorted(networks.items()):
    with torch.no_grad():
        mean, log_variance = its_encoder.distribution(some)
        from_mean, from_drawn = its_decoder(mean), its_decoder(sample_codes(mean, log_variance))
    errors = [wu.squared_error(found, some).mean() for found in (from_mean, from_drawn)]
    each = (mean**2 + log_variance.exp() - log_variance - 1) / 2  # 2000×32×4×4
    n_used = (each.mean(dim=0) > 0.1).sum()
    print(f"beta {beta:g}: error {errors[0]:.1f}, of drawn codes {errors[1]:.1f}", end="; ")
    print(f"{n_used} of 512 numbers in use")

# %% [markdown] tags=["fragment"]
# Drawn codes cost more at every `beta`. And the larger it is, the fewer numbers are in use. The others have *collapsed*
# (*posterior collapse*): for every image their mean stays near 0 and their variance near 1, as the second term wants it, so they say
# next to nothing. With fewer numbers to describe an image, its error must rise.

# %% [markdown] tags=["slide"]
# Thirty images' distributions, for the network trained above. **Compare** a number that is in use with one that has collapsed: how
# wide are the ellipses beside the prior's circle, and where do they lie?

# %% tags=["fragment"]
with torch.no_grad():
    mean, log_variance = encoder.distribution(some[:30])
wu.plot_posteriors(mean, log_variance, "Distributions of codes in two of their 512 numbers")

# %% [markdown] tags=["fragment"]
# Where numbers are in use (left), each image has a place of its own, narrow beside the circle. Along a collapsed one (upright, right), all
# ellipses reach as far as the prior does, whatever the image: what is drawn there says nothing about it.

# %% [markdown] tags=["slide"]
# ## What do random codes decode to?
#
# The plain autoencoder is the one of [autoencoders and PCA](d_pca.ipynb): it had as many epochs as the variational ones. Codes are
# drawn in two ways for each network: every number *alone*, for the variational ones simply from the prior, $\mathcal{N}(0, 1)$; and
# all numbers *together*, correlated as they are in the codes of real images. **Look at** the rows in pairs: what does drawing together
# change, and for which network?

# %%
plain_encoder, plain_decoder = wu.trained("plain", data, settings)

# %% tags=["fragment"]
noise = torch.randn(8, 32, 4, 4, generator=torch.Generator().manual_seed(0)).to(settings.device)
with torch.no_grad():
    codes, means = plain_encoder(some), encoder(some)
    rows = {
        "plain, alone": plain_decoder(wu.random_codes(codes, together=False)),
        "plain, together": plain_decoder(wu.random_codes(codes, together=True)),
        "β = 0.1, alone": decoder(noise),
        "β = 0.1, together": decoder(wu.random_codes(means, together=True)),
    }
wu.show_image_rows(rows, "Random codes")

# %% [markdown] tags=["fragment"]
# No row shows an object. Alone, plain codes give coloured noise, and variational ones softer shapes: the prior was made for that.
# Drawn together, both give something like photographs out of focus. So what the variational loss buys is that one knows
# *beforehand* how to draw; better pictures it does not buy here.

# %% [markdown]
# What is missing? Random codes would be like real ones if the codes of *all* images together were distributed like the prior. The
# loss asks for that image by image only, and the squared error pulls against it.

# %% [markdown] tags=["slide"]
# ## The lines of notebook 4, once more
#
# Does the space between codes mean more now? First by eye: the two images of notebook 4.

# %% tags=["fragment"]
x, x_prime = images[0], images[3]
rows = {
    "plain": wu.latent_line(plain_encoder, plain_decoder, x, x_prime),
    "variational": wu.latent_line(encoder, decoder, x, x_prime),
}
names = [data.classes[int(labels[i])] for i in (0, 3)]
wu.show_image_rows(rows, f"From {names[0]} to {names[1]}, {data.title}")

# %% [markdown] tags=["slide"]
# Then by numbers, as in [the space of codes](e_codes.ipynb): over 200 pairs of the same class and 200 of different classes, the distance to the nearest
# of 2,000 training images, and the probability that the CNN gives to the classes of the two ends. Each autoencoder walks
# on the straight line and on the arc. **Predict:** which of the four lines loses least of that probability on its way to the
# middle?

# %% tags=["guess"]
### BEGIN SOLUTION
line_guess = "variational"
### STUB
# line_guess = "?"  # "plain", "plain on an arc", "variational" or "variational on an arc"
### END SOLUTION

# %% tags=["nbval-check-output"]
four_lines = ("plain", "plain on an arc", "variational", "variational on an arc")
loses_least = wu.check_prediction(line_guess, four_lines, "loses least")

# %%
cnn = wu.trained("cnn", data, settings)

# %% tags=["fragment"]
their_labels = data.validation_labels[:2000]
real = data.train_images[:2000] / 255
lines = {}
for group, same_class in (("same class", True), ("different classes", False)):
    first, second = wu.choose_pairs(their_labels, same_class, n_pairs=200)
    ends, end_labels = (some[first], some[second]), (their_labels[first], their_labels[second])
    on_plain = wu.measure_lines(plain_encoder, plain_decoder, cnn, ends, end_labels, real)
    on_ours = wu.measure_lines(encoder, decoder, cnn, ends, end_labels, real)
    lines[group] = {
        "plain": on_plain["codes"],
        "plain on an arc": on_plain["codes on an arc"],
        "variational": on_ours["codes"],
        "variational on an arc": on_ours["codes on an arc"],
    }
wu.plot_lines(lines, "From image to image, 200 pairs each")

# %%
for group, kinds in lines.items():
    for kind, line in kinds.items():
        at_ends, in_middle = 50 * (line.ends[0] + line.ends[-1]), 100 * line.ends[2]
        print(f"{group}, {kind}: {at_ends:.0f} % at the ends, {in_middle:.0f} % in the middle")

# %%
lost = {
    kind: sum(
        (line.ends[0] + line.ends[-1]) / 2 - line.ends[2]
        for line in (kinds[kind] for kinds in lines.values())
    )
    for kind in four_lines
}
loses_least.compare(min(lost, key=lost.get))

# %%
middles = {kind: line.ends[2] for kind, line in lines["different classes"].items()}
difference = 100 * (middles["variational on an arc"] - middles["variational"])
wu.show_result("arc_minus_line", difference, data, settings)

# %% [markdown] tags=["slide"]
# Why should an arc matter? It keeps the norm of the codes. **Look at** their norms on the straight line, and at what lies
# at zero.

# %% tags=["fragment"]
with torch.no_grad():
    start, end = encoder(some[first]), encoder(some[second])  # 200×32×4×4, different classes
    at_zero = decoder(torch.zeros_like(start[:1]))
for name, code in (
    ("at the ends", start),
    ("in the middle of the straight line", (start + end) / 2),
):
    print(f"norm of a code {name}: {code.flatten(start_dim=1).norm(dim=1).mean():.1f}")
rows = {"code zero": at_zero, "mean image": some.mean(dim=0, keepdim=True)}
wu.show_image_rows(rows, "At zero")

# %% [markdown]
# Two more numbers: how far is the middle of a line from a cross-fade, and do neighbours share their class?

# %%
half = len(data.validation_images) // 2
first, second = data.validation_images[:half] / 255, data.validation_images[half : 2 * half] / 255
for name, networks in (
    ("plain", (plain_encoder, plain_decoder)),
    ("variational", (encoder, decoder)),
):
    gap, distance = wu.midpoint_gap(*networks, first, second)
    print(f"{name}: the middle is off a cross-fade by {(gap / distance) ** 0.5:.0%} of the way")

# %%
with torch.no_grad():
    described = {"pixels": some, "plain codes": plain_encoder(some), "means": encoder(some)}
for name, numbers in described.items():
    agree = wu.neighbours_agree(numbers.flatten(start_dim=1), their_labels)
    print(f"nearest by {name}: {agree:.0%} have the same class")

# %% [markdown] tags=["slide"]
# By eye, the variational line is a cross-fade like the other, and more blurred. By the numbers (200 pairs: a standard error of about
# 1.4 points):
#
# - The CNN is less sure of the variational images from the start; they are more blurred. So compare the points of a line
#   with each other, rather than one line with the next.
# - With variational codes, the arc keeps more of the probability than the straight line does: between different classes
#   << low.arc_minus_line >> to << high.arc_minus_line >> over the seeds. With plain codes it makes hardly any difference.
# - By distance the arc is *worse*.
# - Neighbours by means share their class no more often than neighbours by pixels or by plain codes.

# %% [markdown]
# Why does the arc help? In the middle of the straight line, codes have a smaller norm than at the ends: they are nearer to
# zero, and code zero decodes to a grey square, close to the mean of all images. That would explain it: the middle gets pale,
# which makes it near to everything, and says little to the CNN. The arc keeps the norm, and with it the contrast.

# %%
wu.tally(balance, loses_least)

# %% [markdown] tags=["slide"]
# ## What was found
#
# - A variational encoder gives every image a distribution of codes. Noise that depends on no weight lets gradients pass
#   through the draw.
# - The two terms of the loss pull against each other, and `beta` sets the balance: from an error of
#   << sweep("try_variational", beta=0.01) >> with << divergence("try_variational", beta=0.01) >> nats to
#   << sweep("try_variational", beta=1) >> with << divergence("try_variational", beta=1) >>.
# - Random numbers, each drawn alone, decode to something smooth where a plain autoencoder gives coloured noise. They do not
#   decode to objects.
# - As the CNN sees it, an arc between two codes is better than a straight line; by the distance to real images it is worse.
#   Classes do not come apart: nobody asked for that, in either term.
#
# Back to [4 · Interpolation](../04_interpolation.ipynb).
