"""Instance families of compute pools: what one node has.

Source: Working with compute pools (older snapshot) and ``snowflake.ml.jobs`` 2.6.0 ``constants.py``; families that a
cloud adds later are not here, and a spec may name their numbers itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One node: ``cpu`` in cores, ``memory`` in GiB, ``gpu`` in devices of the kind ``gpu_name``."""

    name: str
    cpu: int
    memory: int
    gpu: int = 0
    gpu_name: str = ""


#: HIGHMEM_X64_M has 240 GiB on AWS and 244 elsewhere; HIGHMEM_X64_L differs too: the smaller fits everywhere.
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("CPU_X64_XS", 1, 6),
        Family("CPU_X64_S", 3, 13),
        Family("CPU_X64_M", 6, 28),
        Family("CPU_X64_SL", 14, 54),
        Family("CPU_X64_L", 28, 116),
        Family("HIGHMEM_X64_S", 6, 58),
        Family("HIGHMEM_X64_M", 28, 240),
        Family("HIGHMEM_X64_SL", 92, 654),
        Family("HIGHMEM_X64_L", 92, 654),
        Family("GPU_NV_XS", 3, 26, 1, "T4"),
        Family("GPU_NV_S", 6, 27, 1, "A10G"),
        Family("GPU_NV_SM", 32, 424, 1, "A10"),
        Family("GPU_NV_M", 44, 178, 4, "A10G"),
        Family("GPU_NV_2M", 68, 858, 2, "A10"),
        Family("GPU_NV_3M", 44, 424, 2, "A100"),
        Family("GPU_NV_SL", 92, 858, 4, "A100"),
        Family("GPU_NV_L", 92, 1112, 8, "A100"),
        Family("GPU_GCP_NV_L4_1_24G", 6, 28, 1, "L4"),
        Family("GPU_GCP_NV_L4_4_24G", 44, 178, 4, "L4"),
        Family("GPU_GCP_NV_A100_8_40G", 92, 654, 8, "A100"),
    )
}
