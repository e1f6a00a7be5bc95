from mmseg_facenext.engine.hooks.nan_guard_hook import NanGuardHook

__all__ = ['NanGuardHook']
